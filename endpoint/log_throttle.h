// Lets a line through at most once in an interval, and counts the others: for
// what a peer can bring about as often as it likes.
//
// Threads:   thread-compatible.
// Errors:    none.
#ifndef ENDPOINT_LOG_THROTTLE_H_
#define ENDPOINT_LOG_THROTTLE_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

namespace thespian::gateway {

class LogThrottle {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit LogThrottle(std::chrono::nanoseconds interval)
      : interval_(interval) {}

  // How many were held back since the last one that was let through; nothing
  // if this one is held back, too.
  std::optional<uint64_t> Admit(TimePoint now) {
    if (next_.has_value() && now < *next_) {
      ++held_back_;
      return std::nullopt;
    }
    next_ = now + interval_;
    return std::exchange(held_back_, 0);
  }

 private:
  const std::chrono::nanoseconds interval_;
  std::optional<TimePoint> next_;
  uint64_t held_back_ = 0;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_LOG_THROTTLE_H_
