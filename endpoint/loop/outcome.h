// How something ended that one thread waits for and another one does.
//
// Ownership: shared by the two.
// Threads:   safe from any thread.
// Errors:    what was set.
#ifndef ENDPOINT_LOOP_OUTCOME_H_
#define ENDPOINT_LOOP_OUTCOME_H_

#include <chrono>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "endpoint/mutex.h"

namespace thespian::gateway {

class Outcome {
 public:
  // Only the first call changes anything.
  void Set(absl::Status status) {
    MutexLock lock(mutex_);
    if (!status_.has_value()) status_ = std::move(status);
    set_.NotifyOne();
  }

  // Returns what was set.
  absl::Status Wait() {
    MutexLock lock(mutex_);
    while (!status_.has_value()) set_.Wait(mutex_);
    return *status_;
  }

  // Returns what was set, or nothing after `most`.
  std::optional<absl::Status> WaitFor(std::chrono::nanoseconds most) {
    using Steady = std::chrono::steady_clock;
    const Steady::time_point end = Steady::now() + most;
    MutexLock lock(mutex_);
    while (!status_.has_value()) {
      const std::chrono::nanoseconds left = end - Steady::now();
      if (left.count() <= 0) return std::nullopt;
      set_.WaitFor(mutex_, left);
    }
    return status_;
  }

 private:
  Mutex mutex_;
  CondVar set_;
  std::optional<absl::Status> status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_LOOP_OUTCOME_H_
