// Tells a child that does not react from one that is busy, without asking it.
//
// A child hangs if it is stopped by a signal, or if bytes have waited for it
// for `patience` and it has taken none of them. One that reads slowly does not.
//
// Ownership: owns what it last saw.
// Threads:   the loop's alone.
// Errors:    none.
#ifndef ENDPOINT_SUPERVISION_HANG_DETECTOR_H_
#define ENDPOINT_SUPERVISION_HANG_DETECTOR_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace thespian::gateway {

class HangDetector {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // What is seen of a child from outside.
  struct Sight {
    bool stopped = false;  // by a signal
    uint64_t written = 0;  // bytes that its pipe took so far
    uint64_t queued = 0;   // bytes that wait for the pipe
  };

  // `reads_nothing` says that the child does not: "... for 100 ms" follows.
  HangDetector(std::chrono::milliseconds patience,
               std::string_view reads_nothing)
      : patience_(patience), reads_nothing_(reads_nothing) {}

  // Why the child is held to hang; nothing if it is not.
  std::optional<std::string> Look(const Sight& sight, TimePoint now);

 private:
  const std::chrono::milliseconds patience_;
  const std::string reads_nothing_;
  uint64_t written_ = 0;
  std::optional<TimePoint> waiting_since_;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_SUPERVISION_HANG_DETECTOR_H_
