// Counts what a peer or a principal can bring about as often as it likes, such
// as wrong credentials, and says of how many of them a line is to be written.
//
// It refuses nobody: a right token is taken after any number of wrong ones.
// Behind an edge proxy everyone has one address, and nobody guesses 256 bits.
//
// Ownership: its own table.
// Threads:   safe from any thread.
// Errors:    none.
// Memory:    kMostKeys; those beyond share one row.
#ifndef SERVER_ACCESS_NOTICE_THROTTLE_H_
#define SERVER_ACCESS_NOTICE_THROTTLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "endpoint/mutex.h"
#include "server/access/token_bucket.h"

namespace thespian::gateway {

class NoticeThrottle {
 public:
  using TimePoint = TokenBucket::TimePoint;

  static constexpr size_t kMostKeys = 4'096;
  // With one key: so many at once, and so many a second.
  static constexpr double kBurst = 10;
  static constexpr double kRate = 1;

  // One more. How many with the same key were held back before it; nothing if
  // this one is, too.
  std::optional<uint64_t> Count(std::string key, TimePoint now);

  uint64_t total() const;
  size_t keys() const;

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

#endif  // SERVER_ACCESS_NOTICE_THROTTLE_H_
