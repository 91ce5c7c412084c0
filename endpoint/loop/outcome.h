// How something ended that one thread waits for and another one does.
//
// Ownership: shared by the two.
// Threads:   safe from any thread.
// Errors:    what was set.
#ifndef ENDPOINT_LOOP_OUTCOME_H_
#define ENDPOINT_LOOP_OUTCOME_H_

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"
#include "endpoint/mutex.h"

namespace thespian::gateway {

class Outcome {
 public:
  // Only the first call changes anything. The status is copied as a whole:
  // nothing of it is shared by the two threads, since TSan does not see how
  // Debian's abseil counts who shares one.
  void Set(const absl::Status& status) {
    absl::Status own(status.code(), status.message());
    status.ForEachPayload([&own](absl::string_view name, const absl::Cord& of) {
      own.SetPayload(name, absl::Cord(std::string(of)));
    });
    MutexLock lock(mutex_);
    if (!set_) status_ = std::move(own);
    set_ = true;
    changed_.NotifyOne();
  }

  // Returns what was set. It, or WaitFor, gives that once.
  absl::Status Wait() {
    MutexLock lock(mutex_);
    while (!set_) changed_.Wait(mutex_);
    return std::move(status_);
  }

  // The same, or nothing after `most`.
  std::optional<absl::Status> WaitFor(std::chrono::nanoseconds most) {
    using Steady = std::chrono::steady_clock;
    const Steady::time_point end = Steady::now() + most;
    MutexLock lock(mutex_);
    while (!set_) {
      const std::chrono::nanoseconds left = end - Steady::now();
      if (left.count() <= 0) return std::nullopt;
      changed_.WaitFor(mutex_, left);
    }
    return std::move(status_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool set_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_LOOP_OUTCOME_H_
