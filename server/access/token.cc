#include "server/access/token.h"

#include <openssl/rand.h>
#include <openssl/sha.h>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

constexpr std::string_view kAlgorithm = "sha256:";

std::string ToEntry(std::string_view name, absl::Time expires,
                    const TokenHash& hash) {
  std::string entry = fmt::format("[[token]]\nname = \"{}\"\nhash = \"{}\"\n",
                                  name, ToText(hash));
  if (expires == absl::InfiniteFuture()) return entry;
  return entry + "expires = " +
         absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", expires, absl::UTCTimeZone()) +
         "\n";
}

}  // namespace

TokenHash HashToken(std::string_view token) {
  TokenHash hash;
  SHA256(reinterpret_cast<const uint8_t*>(token.data()), token.size(),
         hash.data());
  return hash;
}

std::string ToText(const TokenHash& hash) {
  const absl::string_view bytes(reinterpret_cast<const char*>(hash.data()),
                                hash.size());
  return std::string(kAlgorithm) + absl::BytesToHexString(bytes);
}

std::optional<TokenHash> ReadTokenHash(std::string_view text) {
  TokenHash hash;
  if (!text.starts_with(kAlgorithm)) return std::nullopt;
  const std::string_view digits = text.substr(kAlgorithm.size());
  if (digits.size() != 2 * hash.size() ||
      !absl::c_all_of(digits, absl::ascii_isxdigit)) {
    return std::nullopt;
  }
  const std::string bytes =
      absl::HexStringToBytes(absl::string_view(digits.data(), digits.size()));
  absl::c_copy(bytes, hash.begin());
  return hash;
}

bool IsTokenName(std::string_view name) {
  return !name.empty() && name.size() <= kLongestTokenName &&
         absl::c_all_of(name, [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
         });
}

absl::StatusOr<NewToken> MakeToken(std::string_view name, absl::Time expires) {
  if (!IsTokenName(name)) {
    return absl::InvalidArgumentError(
        fmt::format("the name of a token has 1 to {} letters, digits, '.', '_' "
                    "and '-'",
                    kLongestTokenName));
  }
  std::array<uint8_t, 32> random;
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) {
    return absl::InternalError("there are no random bytes");
  }
  std::string token(kTokenPrefix);
  token += absl::WebSafeBase64Escape(absl::string_view(
      reinterpret_cast<const char*>(random.data()), random.size()));
  std::string entry = ToEntry(name, expires, HashToken(token));
  return NewToken{.token = std::move(token), .entry = std::move(entry)};
}

}  // namespace thespian::gateway
