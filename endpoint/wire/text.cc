#include "endpoint/wire/text.h"

#include <utf8.h>

#include <iterator>

namespace thespian::gateway {

bool IsUtf8(std::string_view bytes) {
  return utf8::is_valid(bytes.begin(), bytes.end());
}

std::string ToUtf8(std::string_view bytes) {
  if (IsUtf8(bytes)) return std::string(bytes);
  std::string text;
  utf8::replace_invalid(bytes.begin(), bytes.end(), std::back_inserter(text));
  return text;
}

// `text[end]`, the first byte that is left out, must not continue a code point.
std::string_view CutAtCodePoint(std::string_view text, size_t max_bytes) {
  constexpr size_t kMostContinuations = 3;
  const auto is_continuation = [text](size_t i) {
    return (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80;
  };
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  while (is_continuation(end) && end > 0 &&
         max_bytes - end < kMostContinuations) {
    --end;
  }
  return text.substr(0, is_continuation(end) ? max_bytes : end);
}

}  // namespace thespian::gateway
