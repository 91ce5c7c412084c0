// What is shown to people of a child's bytes is one line of UTF-8, and not much
// longer than they are.
//
//   input := most string bytes
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "endpoint/check.h"
#include "endpoint/wire/diagnosis.h"
#include "endpoint/wire/diagnostic_notation.h"
#include "endpoint/wire/text.h"
#include "tests/fuzz/byte_script.h"
#include "tests/fuzz/fuzz_target.h"

namespace thespian::gateway {
namespace {

// "simple(19), " for one byte is the longest, with an end that is cut off.
constexpr size_t kMostForAByte = 12;
constexpr size_t kMostBesides = 32;
// 64 bytes in hex, and as text with every byte escaped, and the words.
constexpr size_t kMostOfBytes = 64 * 2 + 64 * 4 + 100;

bool IsOneLine(std::string_view text) {
  return IsUtf8(text) && std::all_of(text.begin(), text.end(), [](char c) {
           return static_cast<uint8_t>(c) >= ' ';
         });
}

}  // namespace

void TryInput(std::string_view input) {
  ByteScript script(input);
  const size_t most = script.UpTo(UINT8_MAX);
  const std::string_view bytes = script.Rest();
  const std::string notation = ToDiagnosticNotation(bytes, most);
  Check(IsOneLine(notation), "the notation is one line");
  Check(notation.size() <= bytes.size() * kMostForAByte + kMostBesides,
        "the notation is bounded");
  const size_t first = std::min(most, bytes.size());
  const std::string words =
      DescribeBytes(bytes.substr(0, first), bytes.substr(first));
  Check(IsOneLine(words), "the description is one line");
  Check(words.size() <= kMostOfBytes, "the description is bounded");
}

}  // namespace thespian::gateway
