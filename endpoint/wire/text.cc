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

}  // namespace thespian::gateway
