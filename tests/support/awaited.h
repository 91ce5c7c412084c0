// A value that some threads change and others wait for.
//
// Threads:   safe from any thread.
// Errors:    whoever waits in vain is told so at a deadline that only a broken
//   program reaches.
#ifndef TESTS_SUPPORT_AWAITED_H_
#define TESTS_SUPPORT_AWAITED_H_

#include <condition_variable>
#include <mutex>

#include "tests/support/patience.h"

namespace thespian::gateway {

template <typename T>
class Awaited {
 public:
  // Calls `change` with the value, and wakes those who wait.
  template <typename Change>
  void Update(Change change) {
    // Under the lock: whoever waits may destroy this as soon as it is free.
    const std::lock_guard lock(mutex_);
    change(value_);
    changed_.notify_all();
  }

  // Waits until `holds` is true of the value. False: it never was.
  template <typename Condition>
  [[nodiscard]] bool Await(Condition holds) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return holds(value_); });
  }

  T Get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  T value_{};
};

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_AWAITED_H_
