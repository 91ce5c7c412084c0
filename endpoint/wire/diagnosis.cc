#include "endpoint/wire/diagnosis.h"

#include <utf8.h>

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

constexpr size_t kShownBytes = 64;
constexpr size_t kLeastText = 3;

// Escape begins the colours of a terminal.
bool IsTextByte(unsigned char c) {
  return absl::ascii_isprint(c) || absl::ascii_isspace(c) || c == 0x1b;
}

// The run of UTF-8 text that `bytes` begin with.
std::string_view LeadingText(std::string_view bytes) {
  const auto* const valid_end = utf8::find_invalid(bytes.begin(), bytes.end());
  const auto* const text_end =
      std::find_if(bytes.begin(), valid_end,
                   [](unsigned char c) { return c < 0x80 && !IsTextByte(c); });
  return bytes.substr(0, static_cast<size_t>(text_end - bytes.begin()));
}

}  // namespace

bool LooksLikeText(std::string_view bytes) {
  return LeadingText(bytes.substr(0, kShownBytes)).size() >= kLeastText;
}

std::string DescribeBytes(std::string_view first, std::string_view rest) {
  std::string shown(first.substr(0, kShownBytes));
  shown.append(rest.substr(0, kShownBytes - shown.size()));
  std::string words =
      fmt::format("first bytes {}", absl::BytesToHexString(shown));
  if (LooksLikeText(shown)) {
    const std::string_view text = LeadingText(shown);
    words += fmt::format(
        ", which looks like text: \"{}\" (did the child print to stdout?)",
        absl::Utf8SafeCEscape({text.data(), text.size()}));
  }
  return words;
}

}  // namespace thespian::gateway
