// What comes from the far gateway, on its way to the bridge's one thread.
//
// Ownership: owns the events that wait.
// Threads:   Put, IsFull and WaitForRoom from any thread; the rest by the
//   bridge's.
// Errors:    none.
// Memory:    whoever puts stops when it is full, and overshoots by what one
//   response of the gateway holds.
#ifndef EXAMPLES_BRIDGE_CHILD_INBOX_H_
#define EXAMPLES_BRIDGE_CHILD_INBOX_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>

#include "endpoint/process/unique_fd.h"
#include "examples/bridge-child/far_event.h"

namespace thespian::gateway::bridge {

class Inbox {
 public:
  // `bound` is the number of bytes at which it is full.
  explicit Inbox(size_t bound);

  void Put(FarEvent event);

  // If so, TookRoom tells when there is room again.
  bool IsFull();

  // Returns when it is not full, or is closed.
  void WaitForRoom();

  // Readable while events wait.
  int fd() const { return fd_.get(); }

  // Moves the oldest event into `event`. False: there is none.
  bool Take(FarEvent& event);

  // True, once, after somebody found it full and half of the room is free.
  bool TookRoom();

  // Nobody waits for room any more.
  void Close();

 private:
  bool full() const { return bytes_ >= bound_; }

  const size_t bound_;
  UniqueFd fd_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::deque<FarEvent> events_;
  size_t bytes_ = 0;
  bool found_full_ = false;
  bool closed_ = false;
};

}  // namespace thespian::gateway::bridge

#endif  // EXAMPLES_BRIDGE_CHILD_INBOX_H_
