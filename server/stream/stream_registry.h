// The streams that live, so that all of them can be ended and looked after.
//
// Ownership: none; a stream that is gone drops out by itself.
// Threads:   safe from any thread. Streams are called without the lock.
// Errors:    none.
// Memory:    a pointer a stream, and those of the streams that have gone since
//   the last Tick.
#ifndef SERVER_STREAM_STREAM_REGISTRY_H_
#define SERVER_STREAM_STREAM_REGISTRY_H_

#include <algorithm>
#include <chrono>
#include <memory>
#include <vector>

#include "endpoint/mutex.h"

namespace thespian::gateway {

class LiveStream {
 public:
  virtual ~LiveStream() = default;
  // The gateway ends: tell the client and finish.
  virtual void CloseForShutdown() = 0;
  // Called about once a second.
  virtual void Tick(std::chrono::steady_clock::time_point now) = 0;
};

class StreamRegistry {
 public:
  void Add(std::weak_ptr<LiveStream> stream) {
    MutexLock lock(mutex_);
    streams_.push_back(std::move(stream));
  }

  void Tick(std::chrono::steady_clock::time_point now) {
    for (const auto& stream : Live()) stream->Tick(now);
  }

  void CloseAll() {
    for (const auto& stream : Live()) stream->CloseForShutdown();
  }

 private:
  std::vector<std::shared_ptr<LiveStream>> Live() {
    std::vector<std::shared_ptr<LiveStream>> live;
    MutexLock lock(mutex_);
    streams_.erase(std::remove_if(streams_.begin(), streams_.end(),
                                  [](const auto& s) { return s.expired(); }),
                   streams_.end());
    for (const auto& weak : streams_) {
      if (auto stream = weak.lock()) live.push_back(std::move(stream));
    }
    return live;
  }

  Mutex mutex_;
  std::vector<std::weak_ptr<LiveStream>> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace thespian::gateway

#endif  // SERVER_STREAM_STREAM_REGISTRY_H_
