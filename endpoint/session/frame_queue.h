// What waits to be written to one child: chunks of whole frames, in order, of
// which the first may be written in part.
//
// Ownership: owns the chunks. The pieces of Gather point into them, and stay
//   until TakeWritten or Clear.
// Threads:   one at a time.
// Errors:    none.
// Memory:    the chunks, at most half of which are withdrawn ones.
#ifndef ENDPOINT_SESSION_FRAME_QUEUE_H_
#define ENDPOINT_SESSION_FRAME_QUEUE_H_

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace thespian::gateway {

class FrameQueue {
 public:
  // Names a chunk. kNone is none's.
  enum class Ticket : uint64_t { kNone = 0 };

  // `frames` of the chunk have been handed over as a whole; OK if all.
  using Done = absl::AnyInvocable<void(const absl::Status&, size_t frames) &&>;

  struct Chunk {
    std::string bytes;
    size_t frames = 0;
    size_t cost = 0;
    bool control = false;
    Ticket ticket = Ticket::kNone;  // rises along the queue
    Done done;                      // empty: nobody asks
  };

  // Called with each chunk that leaves the queue, and how many of its frames
  // were written as a whole.
  using OnLeave = absl::FunctionRef<void(Chunk& chunk, size_t written)>;

  bool empty() const { return chunks_.empty(); }
  // Of the chunks that are not written as a whole.
  size_t bytes() const { return bytes_; }
  uint64_t written_bytes() const { return written_bytes_; }

  Ticket Push(Chunk chunk);

  // What is to be written next, in at most kPiecesPerWrite pieces. They have
  // begun: they can't be withdrawn until TakeWritten.
  void Gather(std::vector<iovec>& pieces);

  // So many bytes of what was gathered have been written.
  void TakeWritten(size_t bytes, OnLeave on_leave);

  // Nothing more is written.
  void Clear(OnLeave on_leave);

  // Takes out what has not begun to be written; it is called with 0. False:
  // it is too late.
  bool Withdraw(Ticket ticket, OnLeave on_leave);

 private:
  // A chunk that was withdrawn stays in its place, as its ticket alone, until
  // it is popped or swept.
  struct Place {
    Chunk chunk;
    bool withdrawn = false;
  };

  void Pop(size_t written, OnLeave on_leave);
  // What nothing has been written of and is not being written begins here.
  std::deque<Place>::iterator NotBegun();
  void Sweep();

  std::deque<Place> chunks_;
  Ticket last_ticket_ = Ticket::kNone;
  size_t withdrawn_ = 0;     // of chunks_
  size_t front_offset_ = 0;  // written of the front
  size_t in_flight_ = 0;     // chunks being written now
  size_t bytes_ = 0;
  uint64_t written_bytes_ = 0;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_SESSION_FRAME_QUEUE_H_
