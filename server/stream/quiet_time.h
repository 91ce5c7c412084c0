// Finds out when a stream has been quiet for so long that a heartbeat is due:
// proxies cut idle streams at 60 s.
//
// Threads:   thread-compatible; whoever ticks.
#ifndef SERVER_STREAM_QUIET_TIME_H_
#define SERVER_STREAM_QUIET_TIME_H_

#include <chrono>
#include <cstdint>
#include <utility>

namespace thespian::gateway {

class QuietTime {
 public:
  static constexpr std::chrono::seconds kMost{30};

  // `said` changes with everything that the stream says. True: it has not
  // changed for kMost, or has not for another kMost.
  bool IsOver(uint64_t said, std::chrono::steady_clock::time_point now) {
    if (said != std::exchange(said_, said) ||
        since_ == std::chrono::steady_clock::time_point()) {
      since_ = now;
    }
    if (now - since_ < kMost) return false;
    since_ = now;
    return true;
  }

 private:
  uint64_t said_ = 0;
  std::chrono::steady_clock::time_point since_;
};

}  // namespace thespian::gateway

#endif  // SERVER_STREAM_QUIET_TIME_H_
