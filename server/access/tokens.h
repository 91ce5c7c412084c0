// The token file: TOML, read and checked whole. It has no token in it, only
// what tokens can be told by.
//
//   [[token]]
//   name = "web"
//   hash = "sha256:9f86d081884c7d65..."
//   expires = 2027-01-31T00:00:00Z
//
// Two tokens may have one name, so that one can replace the other while both
// are in use. Without `expires` a token is good for ever.
//
// Ownership: owns the entries; principals are shared.
// Threads:   never changed; safe from any thread.
// Errors:    FAILED_PRECONDITION: "FILE:LINE:COLUMN: what is wrong".
// Memory:    kMostTomlBytes.
#ifndef SERVER_ACCESS_TOKENS_H_
#define SERVER_ACCESS_TOKENS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/access/principal.h"
#include "server/access/token.h"

namespace thespian::gateway {

class Tokens {
 public:
  enum class Verdict { kGood, kUnknown, kExpired };

  struct Found {
    Verdict verdict = Verdict::kUnknown;
    SharedPrincipal principal;  // null unless it is good
  };

  static absl::StatusOr<std::shared_ptr<const Tokens>> Read(
      const std::string& path);
  // The same of its text. `path` is for the places.
  static absl::StatusOr<std::shared_ptr<const Tokens>> Parse(
      std::string_view text, const std::string& path);

  // Hashes are compared in constant time.
  Found Find(std::string_view token, absl::Time now) const;

  size_t size() const { return by_beginning_.size(); }

 private:
  struct Entry {
    TokenHash hash = {};
    absl::Time expires;
    SharedPrincipal principal;
  };

  // False: there is one that can't be told from it.
  bool Add(Entry entry);

  // By the first eight bytes of the hash. How long it takes to look for them
  // says nothing of a token.
  absl::flat_hash_map<uint64_t, Entry> by_beginning_;
};

}  // namespace thespian::gateway

#endif  // SERVER_ACCESS_TOKENS_H_
