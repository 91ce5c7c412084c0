#include "endpoint/supervision/hang_detector.h"

#include <utility>

#include "fmt/format.h"

namespace thespian::gateway {

std::optional<std::string> HangDetector::Look(const Sight& sight,
                                              TimePoint now) {
  const bool took = std::exchange(written_, sight.written) != sight.written;
  if (sight.queued == 0) {
    waiting_since_.reset();
  } else if (took || !waiting_since_.has_value()) {
    waiting_since_ = now;
  }
  if (sight.stopped) return "the child is stopped by a signal";
  if (!waiting_since_.has_value()) return std::nullopt;
  const auto waited =
      std::chrono::floor<std::chrono::milliseconds>(now - *waiting_since_);
  if (waited < patience_) return std::nullopt;
  return fmt::format("{} for {} ms; {} bytes wait", reads_nothing_,
                     waited.count(), sight.queued);
}

}  // namespace thespian::gateway
