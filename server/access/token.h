// Bearer tokens: "tgw_" and 256 random bits in base64url.
//
// Files hold the SHA-256 of a token, without a salt and in one pass. What slow
// salted hashes are for is to try passwords that people chose: nobody can try
// 2^256 tokens, and no two are the same.
//
// Ownership: values.
// Threads:   stateless; safe from any thread.
// Errors:    INTERNAL if the system gives no random bytes.
// Memory:    none.
#ifndef SERVER_ACCESS_TOKEN_H_
#define SERVER_ACCESS_TOKEN_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace thespian::gateway {

inline constexpr std::string_view kTokenPrefix = "tgw_";
inline constexpr size_t kLongestTokenName = 64;

using TokenHash = std::array<uint8_t, 32>;

TokenHash HashToken(std::string_view token);

// "sha256:" and 64 hexadecimal digits.
std::string ToText(const TokenHash& hash);
std::optional<TokenHash> ReadTokenHash(std::string_view text);

// Letters, digits, '.', '_' and '-'; 1 to kLongestTokenName of them.
bool IsTokenName(std::string_view name);

struct NewToken {
  std::string token;  // to be shown once, and kept nowhere
  std::string entry;  // for the token file
};

// `expires` may be absl::InfiniteFuture().
absl::StatusOr<NewToken> MakeToken(std::string_view name, absl::Time expires);

}  // namespace thespian::gateway

#endif  // SERVER_ACCESS_TOKEN_H_
