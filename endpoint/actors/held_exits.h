// The ends of local actors that a thespian child is told of later: an answer
// that meets an actor whose `exit` has come already ends the actor that
// answers.
//
// Ownership: owns what is held; what is taken out is the caller's to write.
// Threads:   safe from any thread.
// Errors:    none.
// Memory:    at most `most` exits of about 150 bytes; what is over that is
//   given back to the caller of Hold, oldest first.
#ifndef ENDPOINT_ACTORS_HELD_EXITS_H_
#define ENDPOINT_ACTORS_HELD_EXITS_H_

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "endpoint/clock.h"
#include "endpoint/mutex.h"
#include "endpoint/wire/ids.h"

namespace thespian::gateway {

inline constexpr size_t kMostHeldExits = 65'536;

class HeldExits {
 public:
  struct Exit {
    LocalId local;
    std::string reason;
  };
  // What may still come for the actor: the one reply to its one message, or
  // any number.
  enum class Replies { kOne, kAny };
  struct Held {
    bool first = false;      // nothing was held before: look for what is due
    std::vector<Exit> over;  // what there is no room for any more
  };

  // An exit is held for `linger` after the actor's end.
  HeldExits(const Clock& clock, std::chrono::nanoseconds linger, size_t most);

  Held Hold(LocalId local, std::string reason, Replies replies);

  // A message came for `local`: its exit, if that was the one reply.
  std::optional<Exit> TakeAnswered(LocalId local);

  // The exit of `local`, whatever may still come for it.
  std::optional<Exit> Take(LocalId local);

  // All that are held.
  std::vector<Exit> TakeAll();

  // What has been held long enough.
  std::vector<Exit> TakeDue();

  bool empty() const { return size() == 0; }
  size_t size() const;

 private:
  using TimePoint = std::chrono::steady_clock::time_point;
  struct Waiting {
    std::string reason;
    Replies replies = Replies::kAny;
  };

  std::optional<Exit> TakeLocked(LocalId local)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Exit TakeOldestLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropTakenLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  const std::chrono::nanoseconds linger_;
  const size_t most_;

  mutable Mutex mutex_;
  absl::flat_hash_map<LocalId, Waiting> waiting_ ABSL_GUARDED_BY(mutex_);
  // By rising time, with some that have been taken out already.
  std::deque<std::pair<TimePoint, LocalId>> order_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_ACTORS_HELD_EXITS_H_
