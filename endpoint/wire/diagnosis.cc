#include "endpoint/wire/diagnosis.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "endpoint/wire/text.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

constexpr size_t kShownBytes = 64;
constexpr size_t kLeastText = 4;

bool LooksLikeText(std::string_view bytes) {
  return bytes.size() >= kLeastText &&
         std::all_of(bytes.begin(), bytes.end(), [](unsigned char c) {
           return absl::ascii_isprint(c) || absl::ascii_isspace(c) || c >= 0x80;
         });
}

}  // namespace

std::string DescribeBytes(std::string_view first, std::string_view rest) {
  std::string shown(first.substr(0, kShownBytes));
  shown.append(rest.substr(0, kShownBytes - shown.size()));
  std::string words =
      fmt::format("first bytes {}", absl::BytesToHexString(shown));
  if (LooksLikeText(shown)) {
    words += fmt::format(
        ", which looks like text: \"{}\" (did the child print to stdout?)",
        absl::Utf8SafeCEscape(ToUtf8(shown)));
  }
  return words;
}

}  // namespace thespian::gateway
