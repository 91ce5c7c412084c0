// Decides whether, and how soon, a child that has ended is started again.
//
//   delay := first_delay * 2^n, at most longest_delay, times 0.5 to 1 by chance
//
// where n counts the ends since the child last ran for `sustained`.
//
// Ownership: owns the times of the latest starts, and the source of chance.
// Threads:   the loop's alone.
// Errors:    none.
// Memory:    max_starts points in time.
#ifndef ENDPOINT_SUPERVISION_RESTART_POLICY_H_
#define ENDPOINT_SUPERVISION_RESTART_POLICY_H_

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"

namespace thespian::gateway {

enum class RestartMode { kNever, kOnFailure, kAlways };

// "never", "on-failure", "always".
std::string_view ModeName(RestartMode mode);

struct RestartOptions {
  RestartMode mode = RestartMode::kNever;
  std::chrono::milliseconds first_delay{100};
  std::chrono::milliseconds longest_delay{10'000};
  // After a run of this length the delays begin anew.
  std::chrono::milliseconds sustained{10'000};
  // This many starts within `period` are a crash loop. 0: any number may be.
  size_t max_starts = 10;
  std::chrono::milliseconds period{60'000};

  bool operator==(const RestartOptions&) const = default;
};

class RestartPolicy {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  // A number of [0, 1).
  using Chance = absl::AnyInvocable<double()>;

  RestartPolicy(const RestartOptions& options, Chance chance)
      : options_(options), chance_(std::move(chance)) {}

  void NoteStart(TimePoint now);

  // What follows from an end: another start after `delay`, or none.
  struct Verdict {
    std::optional<std::chrono::milliseconds> delay;
    std::string why;  // there is none, in words
  };
  // `failed`: the child did not end of its own accord with code 0.
  Verdict OnEnd(bool failed, TimePoint now);

  // A start failed before there was a child: when to try again. It counts
  // neither as a start nor as an end; the delays grow until NoteStart.
  std::chrono::milliseconds OnNoStart();

  // An operator wants the child to run: what was before does not count.
  void Forgive();

 private:
  bool IsCrashLoop(TimePoint now);
  std::chrono::milliseconds NextDelay(TimePoint now);
  // The delay after `earlier` others.
  std::chrono::milliseconds DelayAfter(size_t earlier);

  const RestartOptions options_;
  Chance chance_;
  std::deque<TimePoint> starts_;  // the latest max_starts
  TimePoint last_start_;
  size_t ends_ = 0;       // since the child last ran for long
  size_t no_starts_ = 0;  // since the last start
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_SUPERVISION_RESTART_POLICY_H_
