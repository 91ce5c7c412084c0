#include "endpoint/supervision/restart_policy.h"

#include <algorithm>

#include "fmt/format.h"

namespace thespian::gateway {

using std::chrono::milliseconds;

std::string_view ModeName(RestartMode mode) {
  switch (mode) {
    case RestartMode::kNever:
      return "never";
    case RestartMode::kOnFailure:
      return "on-failure";
    case RestartMode::kAlways:
      return "always";
  }
  return "unknown";
}

void RestartPolicy::NoteStart(TimePoint now) {
  last_start_ = now;
  no_starts_ = 0;
  if (options_.max_starts == 0) return;
  starts_.push_back(now);
  if (starts_.size() > options_.max_starts) starts_.pop_front();
}

RestartPolicy::Verdict RestartPolicy::OnEnd(bool failed, TimePoint now) {
  if (options_.mode == RestartMode::kNever ||
      (options_.mode == RestartMode::kOnFailure && !failed)) {
    return {.why = fmt::format("not started again (restart: {})",
                               ModeName(options_.mode))};
  }
  if (IsCrashLoop(now)) {
    return {.why = fmt::format(
                "given up after {} starts within {} ms (the limit is {})",
                starts_.size(), options_.period.count(), options_.max_starts)};
  }
  return {.delay = NextDelay(now)};
}

milliseconds RestartPolicy::OnNoStart() { return DelayAfter(no_starts_++); }

void RestartPolicy::Forgive() {
  starts_.clear();
  ends_ = 0;
  no_starts_ = 0;
}

bool RestartPolicy::IsCrashLoop(TimePoint now) {
  return options_.max_starts > 0 && starts_.size() >= options_.max_starts &&
         now - starts_.front() < options_.period;
}

milliseconds RestartPolicy::NextDelay(TimePoint now) {
  if (now - last_start_ >= options_.sustained) ends_ = 0;
  return DelayAfter(ends_++);
}

milliseconds RestartPolicy::DelayAfter(size_t earlier) {
  milliseconds delay = std::min(options_.first_delay, options_.longest_delay);
  for (size_t i = 0; i < earlier && delay < options_.longest_delay; ++i) {
    delay = std::min(2 * delay, options_.longest_delay);
  }
  const double part = 0.5 + 0.5 * (chance_ ? chance_() : 1.0);
  return std::chrono::round<milliseconds>(delay * part);
}

}  // namespace thespian::gateway
