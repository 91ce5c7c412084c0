// Writes frames to one child's transport, in the order in which they are given.
//
// The thread that brings a frame writes it to the transport itself, together
// with whatever others bring meanwhile; only what it refuses waits for the
// loop, which calls OnWritable.
//
// Ownership: owns the frames that wait. The transport and the stats outlive the
//   writer.
// Threads:   safe from any thread. A `done` is called exactly once, by the
//   thread that happened to write, without a lock, when others may write again;
//   it may call Write. Those that two threads tell come in any order.
// Errors:    UNAVAILABLE (ENDPOINT_DOWN) once closed, QUEUE_FULL from Reserve.
// Memory:    `high_bytes` for what was reserved and one batch more; and control
//   frames, of which there is at most one for each local actor that the child
//   knows, plus kMaxAnswerBytes of answers. All of it as CostOf counts.
#ifndef ENDPOINT_SESSION_FRAME_WRITER_H_
#define ENDPOINT_SESSION_FRAME_WRITER_H_

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/mutex.h"
#include "endpoint/session/stats.h"
#include "endpoint/transport/transport.h"

namespace thespian::gateway {

class FrameWriter {
 public:
  // What may wait, at its cost. Above `high_bytes` Reserve refuses; those who
  // wait for room are called at `low_bytes`.
  struct Limits {
    size_t high_bytes = 8u << 20;
    size_t low_bytes = 4u << 20;
  };

  // `frames` of what was given have been handed over as a whole; OK if all.
  using Done = absl::AnyInvocable<void(const absl::Status&, size_t frames) &&>;

  // What one Write costs while it waits: the bytes, its place in the queue with
  // what waits behind it, and the id of the command behind each frame.
  static constexpr size_t CostOf(size_t bytes, size_t frames) {
    return bytes + 512 + 16 * frames;
  }

  // Names what Write was given.
  enum class Ticket : uint64_t {};

  // Hears what is given to the writer, whole frames with their heads, by the
  // thread that gives it and before it is queued.
  using Recorder = std::function<void(std::string_view frames)>;

  FrameWriter(Transport& transport, Limits limits, SharedWriteStats& stats,
              Recorder recorder = nullptr);

  // Keeps room for `bytes`, to be used by one Write. QUEUE_FULL if there is
  // none, ENDPOINT_DOWN if the writer is closed. Whoever finds low_bytes or
  // less waiting has room for high_bytes - low_bytes.
  absl::Status Reserve(size_t bytes);

  // Whether Reserve would refuse, without keeping anything.
  absl::Status CheckRoom(size_t bytes) const;

  // Writes `bytes`, which are `frames` whole frames of messages for which room
  // was reserved. `done` may be called before this returns.
  Ticket Write(std::string bytes, size_t frames, Done done);

  // Writes `bytes`, which are `frames` whole frames, each a `link` or `exit`
  // that must not get lost. Needs no reservation.
  void WriteControls(std::string bytes, size_t frames);

  // The same for one that the child brought about; it is dropped, and false
  // returned, if more than kMaxAnswerBytes over high_bytes would wait: a child
  // that does not read gets no answers.
  bool WriteAnswer(std::string frame);

  // Takes back what has not begun to be written; its `done` gets `why`. False:
  // it is too late.
  bool Withdraw(Ticket ticket, const absl::Status& why);

  // Calls `room` once, when at most low_bytes wait or the writer is closed;
  // perhaps before this returns.
  void WhenRoom(absl::AnyInvocable<void() &&> room);

  // The transport has room again. On the loop.
  void OnWritable();

  // What still waits is dropped with `why`, and the transport closed.
  void Close(const absl::Status& why);

  // Of all writers that count there.
  WriteStats stats() const { return stats_.Get(); }
  size_t queued_bytes() const;
  uint64_t written_bytes() const;

  // What may wait over high_bytes once answers do.
  static constexpr size_t kMaxAnswerBytes = 1u << 20;

 private:
  using Room = absl::AnyInvocable<void() &&>;

  struct Chunk {
    std::string bytes;
    size_t frames = 0;
    size_t cost = 0;
    bool control = false;
    bool withdrawn = false;
    uint64_t ticket = 0;  // rises along the queue
    Done done;            // empty: nobody asks
  };
  struct Finished {
    Done done;
    absl::Status status;
    size_t frames = 0;
  };

  // What a thread in Drain has to do next, without the lock.
  enum class Step { kWrite, kAwaitRoom, kClose, kStop };
  // What is to be told, and what is to be written.
  struct Turn {
    std::vector<iovec> pieces;
    std::vector<Finished> finished;
    std::vector<Room> rooms;
    size_t written = 0;
  };

  Ticket Enqueue(Chunk chunk, size_t reserved) ABSL_LOCKS_EXCLUDED(mutex_);
  // Writes until nothing is left to write, lets others write, and tells. The
  // caller has set writing_.
  void Drain() ABSL_LOCKS_EXCLUDED(mutex_);
  // A turn within another one, of the same thread, is told after that one.
  void Tell(Turn& turn) ABSL_LOCKS_EXCLUDED(mutex_);

  // Hands `turn` to the one that this thread tells; false: there is none.
  bool LeaveLocked(Turn& turn) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckRoomLocked(size_t bytes) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Step NextStepLocked(Turn& turn) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void GatherLocked(Turn& turn) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TakeResultLocked(const absl::StatusOr<size_t>& result, Turn& turn)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TakeWrittenLocked(size_t bytes, Turn& turn)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PopLocked(size_t written, const absl::Status& status, Turn& turn)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What nothing has been written of and no thread is writing begins here.
  std::deque<Chunk>::iterator NotBegunLocked()
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Chunk* FindNotBegunLocked(Ticket ticket)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TakeBackLocked(Chunk& chunk, const absl::Status& why, Turn& turn)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SweepLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasRoomLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return closed_ || queued_cost_ + reserved_cost_ <= limits_.low_bytes;
  }
  SharedFrameStats& StatsOf(const Chunk& chunk) {
    return chunk.control ? stats_.controls : stats_.messages;
  }

  Transport& transport_;
  const Limits limits_;
  SharedWriteStats& stats_;
  const Recorder recorder_;

  mutable Mutex mutex_;
  std::deque<Chunk> queue_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_ticket_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t withdrawn_ ABSL_GUARDED_BY(mutex_) = 0;     // chunks of queue_
  size_t front_offset_ ABSL_GUARDED_BY(mutex_) = 0;  // written of the front
  size_t in_flight_ ABSL_GUARDED_BY(mutex_) = 0;     // chunks being written now
  size_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t queued_cost_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t reserved_cost_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t written_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;  // some thread is in Drain
  bool blocked_ ABSL_GUARDED_BY(mutex_) = false;  // the loop goes on
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status close_reason_ ABSL_GUARDED_BY(mutex_);
  std::vector<Room> waiting_for_room_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::pair<std::thread::id, Turn*>> telling_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_SESSION_FRAME_WRITER_H_
