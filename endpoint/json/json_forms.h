// The objects of one member that stand for what JSON itself can't hold. Both
// directions of the mapping, and nobody else, know them; see docs/json.md.
#ifndef ENDPOINT_JSON_JSON_FORMS_H_
#define ENDPOINT_JSON_JSON_FORMS_H_

#include <cstdint>
#include <string_view>

namespace thespian::gateway {

// Begins the name of every form, and of no plain object's only member.
inline constexpr char kFormMark = '$';

inline constexpr std::string_view kIntForm = "$int";
inline constexpr std::string_view kFloatForm = "$float";
inline constexpr std::string_view kBytesForm = "$bytes";
inline constexpr std::string_view kTextForm = "$text";
inline constexpr std::string_view kSimpleForm = "$simple";
inline constexpr std::string_view kTagForm = "$tag";
inline constexpr std::string_view kMapForm = "$map";

inline constexpr std::string_view kNan = "nan";
inline constexpr std::string_view kInfinity = "inf";
inline constexpr std::string_view kMinusInfinity = "-inf";

// The simple values that JSON has words for.
inline constexpr uint64_t kSimpleFalse = 20;
inline constexpr uint64_t kSimpleTrue = 21;
inline constexpr uint64_t kSimpleNull = 22;

}  // namespace thespian::gateway

#endif  // ENDPOINT_JSON_JSON_FORMS_H_
