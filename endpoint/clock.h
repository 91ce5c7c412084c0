// Where the time comes from; passed in, so that tests can set it.
//
// Threads:   safe from any thread.
#ifndef ENDPOINT_CLOCK_H_
#define ENDPOINT_CLOCK_H_

#include <chrono>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace thespian::gateway {

class Clock {
 public:
  virtual ~Clock() = default;

  // The time of day: for what people read.
  virtual absl::Time Now() const = 0;

  // Never set back: for durations.
  virtual std::chrono::steady_clock::time_point Steady() const = 0;
};

class SystemClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
  std::chrono::steady_clock::time_point Steady() const override {
    return std::chrono::steady_clock::now();
  }
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_CLOCK_H_
