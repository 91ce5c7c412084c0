// What one principal may have of the gateway: so many requests and messages a
// second, and so many calls, actors and watchers at once.
//
// Ownership: the accounts; a Lease borrows them and is gone before.
// Threads:   safe from any thread.
// Errors:    LIMIT_REACHED, naming the limit.
// Memory:    kMostAccounts; principals beyond share one account. An account is
//   kept as long as it holds something or its buckets are not full.
#ifndef SERVER_ACCESS_LIMITS_H_
#define SERVER_ACCESS_LIMITS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/clock.h"
#include "endpoint/mutex.h"
#include "server/access/pattern_set.h"
#include "server/access/principal.h"
#include "server/access/token_bucket.h"

namespace thespian::gateway {

// So many a second. What is not used in one is there in the next, no longer.
enum class Rate : uint8_t { kRequests, kMessages };
// So many at once.
enum class Cap : uint8_t { kCalls, kActors, kWatchers };
inline constexpr size_t kRates = 2;
inline constexpr size_t kCaps = 3;

// As it is called in the file: "requests-per-second".
std::string_view NameOf(Rate rate);
std::string_view NameOf(Cap cap);

// The limits of those who match. 0: none.
struct Limit {
  PatternSet principals;
  std::array<uint64_t, kRates> rates = {};
  std::array<uint64_t, kCaps> caps = {};
};

class Limits;

// Gives back what was taken when it ends.
class Lease {
 public:
  Lease() = default;
  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&& other) noexcept;
  ~Lease();

 private:
  friend class Limits;
  Lease(Limits& limits, std::string account, Cap cap)
      : limits_(&limits), account_(std::move(account)), cap_(cap) {}

  Limits* limits_ = nullptr;  // null: there is nothing to give back
  std::string account_;
  Cap cap_ = Cap::kCalls;
};

class Limits {
 public:
  static constexpr size_t kMostAccounts = 16'384;

  explicit Limits(const Clock& clock) : clock_(clock) {}

  // The first limit that matches counts. What was taken stays taken.
  void Set(std::vector<Limit> limits);

  // Takes `amount` of this second's.
  absl::Status Take(const Principal& principal, Rate rate, uint64_t amount = 1);

  // One, until the lease ends.
  absl::StatusOr<Lease> Take(const Principal& principal, Cap cap);

  size_t accounts() const;

 private:
  friend class Lease;

  using TimePoint = TokenBucket::TimePoint;

  struct Account {
    bool IsIdle(TimePoint now);

    uint64_t version = 0;  // of the limits it was made by
    std::array<uint64_t, kCaps> caps = {};
    std::array<std::optional<TokenBucket>, kRates> buckets;
    std::array<uint64_t, kCaps> taken = {};
  };
  using Accounts = absl::flat_hash_map<std::string, Account>;

  bool HasNone() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return limits_.empty();
  }
  Accounts::iterator Find(const Principal& principal, TimePoint now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Renew(const Principal& principal, TimePoint now, Account& account)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MakeRoom(TimePoint now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void GiveBack(const std::string& account, Cap cap);

  const Clock& clock_;
  mutable Mutex mutex_;
  std::vector<Limit> limits_ ABSL_GUARDED_BY(mutex_);
  uint64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
  Accounts accounts_ ABSL_GUARDED_BY(mutex_);
  TimePoint made_room_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace thespian::gateway

#endif  // SERVER_ACCESS_LIMITS_H_
