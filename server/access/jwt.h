// JSON web tokens: who one is of, if one of our keys has signed it and it is
// meant for us, now.
//
// Each key has one algorithm, and what a token says of its own is only compared
// with that: neither "none" nor a public key taken for a secret passes.
//
// Ownership: the keys.
// Threads:   never changed; safe from any thread.
// Errors:    Parse: FAILED_PRECONDITION: "FILE: what is wrong".
//   Check: UNAUTHENTICATED, which says what is wrong with a token, and nothing
//   that is in it.
// Memory:    the keys; a token of kLongestToken is copied a few times while it
//   is checked.
#ifndef SERVER_ACCESS_JWT_H_
#define SERVER_ACCESS_JWT_H_

#include <cjose/cjose.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nlohmann/json_fwd.hpp"
#include "server/access/principal.h"

namespace thespian::gateway {

struct JwtTerms {
  std::string issuer;    // "iss" must be this
  std::string audience;  // "aud" must be this, or have it among others
  // By how much the issuer's clock may be wrong.
  absl::Duration skew = absl::Seconds(60);
};

class JwtKeys {
 public:
  static constexpr size_t kLongestToken = 16u << 10;
  static constexpr size_t kLeastRsaBits = 2'048;

  // Public keys as a JSON web key set (RFC 7517). Each needs a "kid" of its
  // own. Keys for something else than signatures, and of kinds that are not
  // known, are left out; there must be one at least.
  static absl::StatusOr<std::shared_ptr<const JwtKeys>> Parse(
      std::string_view text, const std::string& path, JwtTerms terms);
  static absl::StatusOr<std::shared_ptr<const JwtKeys>> Read(
      const std::string& path, JwtTerms terms);

  absl::StatusOr<SharedPrincipal> Check(const std::string& token,
                                        absl::Time now) const;

  size_t size() const { return keys_.size(); }

 private:
  struct ReleaseKey {
    void operator()(cjose_jwk_t* key) const { cjose_jwk_release(key); }
  };
  struct Key {
    std::string algorithm;       // "RS256"
    size_t signature_bytes = 0;  // 0: any
    std::unique_ptr<cjose_jwk_t, ReleaseKey> key;
  };

  explicit JwtKeys(JwtTerms terms) : terms_(std::move(terms)) {}

  // What is wrong with it; empty: nothing.
  std::string Add(const nlohmann::json& key);
  // The claims of a token that is signed by one of the keys.
  absl::StatusOr<nlohmann::json> Verify(const std::string& token) const;
  absl::StatusOr<const Key*> FindKey(const std::string& token) const;
  absl::Status CheckClaims(const nlohmann::json& claims, absl::Time now) const;

  const JwtTerms terms_;
  absl::flat_hash_map<std::string, Key> keys_;  // by "kid"
};

}  // namespace thespian::gateway

#endif  // SERVER_ACCESS_JWT_H_
