// A clock that stands still until it is told to go on.
//
// Threads:   safe from any thread.
#ifndef TESTS_SUPPORT_TEST_CLOCK_H_
#define TESTS_SUPPORT_TEST_CLOCK_H_

#include <atomic>
#include <chrono>
#include <cstdint>

#include "absl/time/time.h"
#include "endpoint/clock.h"

namespace thespian::gateway {

class TestClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixMillis(now_ms_); }
  std::chrono::steady_clock::time_point Steady() const override {
    return std::chrono::steady_clock::time_point(
        std::chrono::milliseconds(now_ms_));
  }

  void Advance(std::chrono::milliseconds time) { now_ms_ += time.count(); }

 private:
  std::atomic<int64_t> now_ms_ = 1'700'000'000'000;
};

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_TEST_CLOCK_H_
