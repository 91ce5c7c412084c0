// Says when an endpoint has had nothing to do for long enough: looked at every
// kLooks-th part of that time, it has been so kLooks times in a row.
//
// Ownership: owns what it last saw.
// Threads:   the loop's alone.
// Errors:    none.
#ifndef ENDPOINT_SUPERVISION_IDLE_DETECTOR_H_
#define ENDPOINT_SUPERVISION_IDLE_DETECTOR_H_

#include <cstdint>
#include <utility>

namespace thespian::gateway {

class IdleDetector {
 public:
  static constexpr int kLooks = 4;

  struct Sight {
    uint64_t traffic = 0;  // messages so far, in both directions
    bool busy = false;     // something is under way
  };

  // Whether it has been idle for long enough.
  bool Look(const Sight& sight) {
    const bool moved = std::exchange(traffic_, sight.traffic) != sight.traffic;
    quiet_ = moved || sight.busy ? 0 : quiet_ + 1;
    return quiet_ >= kLooks;
  }

 private:
  uint64_t traffic_ = 0;
  int quiet_ = 0;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_SUPERVISION_IDLE_DETECTOR_H_
