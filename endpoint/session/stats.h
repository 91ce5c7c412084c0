// What is counted of frames, over all sessions of an endpoint: each session
// counts where the one before it left off, and hands nothing over when it ends.
//
// Ownership: values; the shared ones belong to the endpoint.
// Threads:   the shared ones are safe from any thread.
#ifndef ENDPOINT_SESSION_STATS_H_
#define ENDPOINT_SESSION_STATS_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <string>

#include "endpoint/mutex.h"

namespace thespian::gateway {

// What came from the child. received = delivered + undeliverable.
struct InboundStats {
  uint64_t frames = 0;    // of every kind
  uint64_t received = 0;  // send and send_named
  uint64_t delivered = 0;
  std::map<std::string, uint64_t> undeliverable;  // by reason
  uint64_t skipped = 0;
  std::map<std::string, uint64_t> skipped_by_reason;
  uint64_t misplaced_tags = 0;  // messages with RPID first or LPID second
  uint64_t bytes = 0;
  uint64_t proxies_created = 0;
  uint64_t proxies_closed = 0;
};

// As they were at a moment between two frames.
class SharedInboundStats {
 public:
  void Set(const InboundStats& stats) {
    MutexLock lock(mutex_);
    stats_ = stats;
  }
  InboundStats Get() const {
    MutexLock lock(mutex_);
    return stats_;
  }

 private:
  mutable Mutex mutex_;
  InboundStats stats_ ABSL_GUARDED_BY(mutex_);
};

// How many frames became of what. written + dropped + waiting = taken.
struct FrameStats {
  uint64_t taken = 0;
  uint64_t written = 0;
  uint64_t dropped = 0;
  uint64_t withdrawn = 0;  // of `dropped`
  uint64_t waiting = 0;
};

// What was written to the child.
struct WriteStats {
  FrameStats messages;
  FrameStats controls;
  uint64_t bytes = 0;
};

// Counts without a lock: writers call it under theirs.
class SharedFrameStats {
 public:
  void CountTaken(uint64_t frames) { Count(taken_, frames); }
  void CountWritten(uint64_t frames) { Count(written_, frames); }
  void CountDropped(uint64_t frames) { Count(dropped_, frames); }
  // Dropped, because its sender wanted it back.
  void CountWithdrawn(uint64_t frames) {
    Count(dropped_, frames);
    Count(withdrawn_, frames);
  }

  // What is a part of something is read before it, and counted after it: never
  // is more dropped than taken, or more withdrawn than dropped.
  FrameStats Get() const {
    FrameStats stats;
    stats.withdrawn = withdrawn_.load(std::memory_order_acquire);
    stats.written = written_.load(std::memory_order_acquire);
    stats.dropped = dropped_.load(std::memory_order_acquire);
    stats.taken = taken_.load(std::memory_order_acquire);
    stats.waiting = stats.taken - stats.written - stats.dropped;
    return stats;
  }

 private:
  using Counter = std::atomic<uint64_t>;

  static void Count(Counter& counter, uint64_t frames) {
    if (frames > 0) counter.fetch_add(frames, std::memory_order_acq_rel);
  }

  Counter taken_ = 0;
  Counter written_ = 0;
  Counter dropped_ = 0;
  Counter withdrawn_ = 0;
};

struct SharedWriteStats {
  SharedFrameStats messages;
  SharedFrameStats controls;
  std::atomic<uint64_t> bytes = 0;

  WriteStats Get() const {
    return {.messages = messages.Get(),
            .controls = controls.Get(),
            .bytes = bytes.load(std::memory_order_relaxed)};
  }
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_SESSION_STATS_H_
