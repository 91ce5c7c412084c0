#include "server/rpc/page_token.h"

#include <charconv>

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "endpoint/error.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

constexpr size_t kDigits = 16;  // of a number

// The part of a text; 0 if it is none, which the comparison finds.
uint64_t NumberAt(std::string_view text, size_t part) {
  uint64_t number = 0;
  if (text.size() >= (part + 1) * kDigits) {
    const char* begin = text.data() + part * kDigits;
    std::from_chars(begin, begin + kDigits, number, 16);
  }
  return number;
}

}  // namespace

std::string WritePageToken(std::string_view list, const PageToken& token) {
  const uint64_t check = absl::HashOf(
      absl::string_view(list.data(), list.size()), token.table, token.place);
  return fmt::format("{:016x}{:016x}{:016x}", token.table, token.place, check);
}

absl::StatusOr<PageToken> ReadPageToken(std::string_view list,
                                        std::string_view text) {
  if (text.empty()) return PageToken();
  const PageToken token = {.table = NumberAt(text, 0),
                           .place = NumberAt(text, 1)};
  if (WritePageToken(list, token) == text) return token;
  return MakeFieldError(ErrorReason::kFieldInvalid, "page_token",
                        "page_token is not one that this RPC gave");
}

}  // namespace thespian::gateway
