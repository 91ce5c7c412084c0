// Calls a task on the loop after a delay.
//
// Ownership: owns the task. The timer lives as long as the loop runs.
// Threads:   the loop's alone.
#ifndef ENDPOINT_LOOP_LOOP_TIMER_H_
#define ENDPOINT_LOOP_LOOP_TIMER_H_

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <system_error>
#include <utility>

#include "absl/functional/any_invocable.h"

namespace thespian::gateway {

class LoopTimer {
 public:
  LoopTimer(asio::io_context& loop, absl::AnyInvocable<void()> task)
      : timer_(loop), task_(std::move(task)) {}

  // In place of an earlier start that has not come to its end.
  void StartIn(std::chrono::nanoseconds delay) {
    running_ = true;
    timer_.expires_after(delay);
    timer_.async_wait([this, round = ++round_](const std::error_code& error) {
      if (error || round != round_) return;
      running_ = false;
      task_();
    });
  }

  void Cancel() {
    ++round_;
    running_ = false;
    timer_.cancel();
  }

  bool running() const { return running_; }

 private:
  asio::steady_timer timer_;
  absl::AnyInvocable<void()> task_;
  uint64_t round_ = 0;
  bool running_ = false;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_LOOP_LOOP_TIMER_H_
