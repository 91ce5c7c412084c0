// Counts wrong credentials by where they come from, and holds back what would
// be said of each when there are many.
//
// A right credential is taken all the same: behind an edge proxy everyone has
// one address, and nobody guesses 256 bits.
//
// Ownership: its own table.
// Threads:   safe from any thread.
// Errors:    none.
// Memory:    kMostPeers; those beyond share one row.
#ifndef SERVER_ACCESS_FAILED_LOGINS_H_
#define SERVER_ACCESS_FAILED_LOGINS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "endpoint/mutex.h"
#include "server/access/token_bucket.h"

namespace thespian::gateway {

class FailedLogins {
 public:
  using TimePoint = TokenBucket::TimePoint;

  static constexpr size_t kMostPeers = 4'096;
  // Of one peer: so many at once, and so many a second.
  static constexpr double kBurst = 10;
  static constexpr double kRate = 1;

  // One more, of a peer as gRPC calls it: "ipv4:192.0.2.1:1234". How many of
  // the same peer were held back before it; nothing if this one is, too.
  std::optional<uint64_t> Count(std::string_view peer, TimePoint now);

  uint64_t total() const;
  size_t peers() const;

 private:
  struct Row {
    TokenBucket bucket;
    uint64_t held_back = 0;
  };

  void MakeRoom(TimePoint now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Row& RowOf(std::string key, TimePoint now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  absl::flat_hash_map<std::string, Row> rows_ ABSL_GUARDED_BY(mutex_);
  TimePoint made_room_ ABSL_GUARDED_BY(mutex_);
  uint64_t total_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Whom a peer's address stands for: without the port, and of IPv6 the network
// of 64 bits, of which one host has all addresses.
std::string PeerHost(std::string_view peer);

}  // namespace thespian::gateway

#endif  // SERVER_ACCESS_FAILED_LOGINS_H_
