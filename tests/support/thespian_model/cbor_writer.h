// Writes CBOR as thespian does: every number and length in its shortest form.
//
//   Pack("send", Lpid{2}, Rpid{77}, Raw{payload})
#ifndef TESTS_SUPPORT_THESPIAN_MODEL_CBOR_WRITER_H_
#define TESTS_SUPPORT_THESPIAN_MODEL_CBOR_WRITER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/support/thespian_model/cbor_match.h"
#include "tests/support/thespian_model/ids.h"

namespace thespian::gateway::model {

enum class HeadType : uint8_t { kUnsigned = 0x00, kText = 0x60, kArray = 0x80 };

void AppendHead(HeadType type, uint64_t argument, std::string& out);

void Append(std::string_view text, std::string& out);
void Append(uint64_t number, std::string& out);
void Append(Lpid id, std::string& out);
void Append(Rpid id, std::string& out);
void Append(Raw raw, std::string& out);

// An array of the elements.
template <typename... Elements>
std::string Pack(const Elements&... elements) {
  std::string out;
  AppendHead(HeadType::kArray, sizeof...(elements), out);
  (Append(elements, out), ...);
  return out;
}

}  // namespace thespian::gateway::model

#endif  // TESTS_SUPPORT_THESPIAN_MODEL_CBOR_WRITER_H_
