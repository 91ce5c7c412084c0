// Writes CBOR: definite lengths, the shortest heads, floats of 64 bits.
//
// Threads:   stateless; safe from any thread.
#ifndef ENDPOINT_JSON_CBOR_APPEND_H_
#define ENDPOINT_JSON_CBOR_APPEND_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace thespian::gateway {

// RFC 8949, section 3.1.
enum class MajorType : uint8_t {
  kUnsigned = 0,
  kNegative = 1,
  kBytes = 2,
  kText = 3,
  kArray = 4,
  kMap = 5,
  kTag = 6,
  kSimple = 7,
};

std::string CborHead(MajorType type, uint64_t argument);

void AppendHead(MajorType type, uint64_t argument, std::string& out);
void AppendString(MajorType type, std::string_view content, std::string& out);
void AppendFloat(double number, std::string& out);

}  // namespace thespian::gateway

#endif  // ENDPOINT_JSON_CBOR_APPEND_H_
