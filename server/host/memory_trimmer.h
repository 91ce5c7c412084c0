// Gives memory back to the system that was needed once and is not any more.
// glibc keeps what was freed: after 160,000 requests that were reset at once,
// 0.8 to 1.7 GB of which 1 MB is in use.
//
// Ownership: owns its figures.
// Threads:   the owner's. Trimming takes up to some hundred milliseconds for
//   gigabytes, while other threads now and then wait for their allocations.
// Errors:    what can't be measured is not trimmed.
// Memory:    none.
#ifndef SERVER_HOST_MEMORY_TRIMMER_H_
#define SERVER_HOST_MEMORY_TRIMMER_H_

#include <chrono>
#include <cstddef>

namespace thespian::gateway {

// When it is worth it.
class TrimPolicy {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // Less above what the process has at first is not looked at.
  static constexpr size_t kSlackBytes = 64u << 20;
  // How long after the last time: if little is done, and whatever is done.
  static constexpr std::chrono::seconds kQuietPause{10};
  static constexpr std::chrono::seconds kBusyPause{60};
  // The part of the time, in percent of a core, up to which little is done.
  static constexpr int kQuietPercent = 20;
  // With less computing since the last time nothing worth it was freed. A
  // million proxies are let go in a moment that is quiet otherwise.
  static constexpr std::chrono::milliseconds kWork{50};

  // What the process is like.
  struct Sample {
    TimePoint time;
    size_t resident_bytes = 0;
    std::chrono::nanoseconds cpu{0};  // that it has used so far
  };

  // `first`: before it has done anything.
  explicit TrimPolicy(const Sample& first)
      : first_(first),
        last_(first),
        trimmed_(first.time),
        looked_cpu_(first.cpu - kWork) {}

  // Whether to trim now. To be asked about once a second.
  bool Wants(const Sample& sample);

 private:
  const Sample first_;
  Sample last_;
  TimePoint trimmed_;
  std::chrono::nanoseconds looked_cpu_;  // when it was trimmed in quiet
};

class MemoryTrimmer {
 public:
  MemoryTrimmer();

  // Looks, and trims if it is worth it.
  void Tick(TrimPolicy::TimePoint now);

 private:
  TrimPolicy policy_;
};

}  // namespace thespian::gateway

#endif  // SERVER_HOST_MEMORY_TRIMMER_H_
