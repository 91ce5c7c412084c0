// What is counted of the messages that go from the actors of one endpoint to
// those of another: over all lanes that there ever were between the two.
//
// Ownership: values; the shared ones are shared by the lanes and by Relays.
// Threads:   the shared ones are safe from any thread.
#ifndef ENDPOINT_RELAY_RELAY_STATS_H_
#define ENDPOINT_RELAY_RELAY_STATS_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "endpoint/mutex.h"

namespace thespian::gateway {

// in = out + refused + dropped + waiting.
struct RelayLaneStats {
  std::string from;
  std::string to;
  uint64_t in = 0;       // taken into the lane
  uint64_t out = 0;      // taken by the writer of the other endpoint
  uint64_t refused = 0;  // by the rules or the state of the other endpoint
  uint64_t dropped = 0;  // the lane overflowed, or what it led to has ended
  uint64_t waiting = 0;
  std::map<std::string, uint64_t> refused_by_reason;
};

class SharedRelayLaneStats {
 public:
  void CountIn() { Count(in_, 1); }
  void CountOut(uint64_t messages) { Count(out_, messages); }
  void CountDropped(uint64_t messages) { Count(dropped_, messages); }
  void CountRefused(std::string_view reason) {
    Count(refused_, 1);
    MutexLock lock(mutex_);
    ++refused_by_reason_[std::string(reason)];
  }

  // What is a part of `in` is read before it, and counted after it.
  RelayLaneStats Get() const {
    RelayLaneStats stats;
    stats.out = out_.load(std::memory_order_acquire);
    stats.refused = refused_.load(std::memory_order_acquire);
    stats.dropped = dropped_.load(std::memory_order_acquire);
    stats.in = in_.load(std::memory_order_acquire);
    stats.waiting = stats.in - stats.out - stats.refused - stats.dropped;
    MutexLock lock(mutex_);
    stats.refused_by_reason = refused_by_reason_;
    return stats;
  }

 private:
  using Counter = std::atomic<uint64_t>;

  static void Count(Counter& counter, uint64_t messages) {
    counter.fetch_add(messages, std::memory_order_acq_rel);
  }

  Counter in_ = 0;
  Counter out_ = 0;
  Counter refused_ = 0;
  Counter dropped_ = 0;

  mutable Mutex mutex_;
  std::map<std::string, uint64_t> refused_by_reason_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_RELAY_RELAY_STATS_H_
