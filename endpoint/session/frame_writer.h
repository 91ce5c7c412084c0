// Writes frames to one child's transport, in the order in which they are given.
//
// The thread that brings a frame writes it to the transport itself, together
// with whatever others bring meanwhile; only what it refuses waits for the
// loop, which calls OnWritable. A Write says what it did; what waits is
// reported by a callback.
//
// Ownership: owns the frames that wait. The transport and the stats outlive the
//   writer.
// Threads:   safe from any thread; room is kept and asked for without a lock.
//   Callbacks are called by the thread that happened to write, without a lock,
//   when others may write again; they don't call the writer. Those that two
//   threads call come in any order.
// Errors:    UNAVAILABLE (ENDPOINT_DOWN) once closed, QUEUE_FULL from Reserve.
// Memory:    `high_bytes` for what was reserved and one batch more; and control
//   frames, of which there is at most one for each local actor that the child
//   knows, plus kMaxAnswerBytes of answers. All of it as CostOf counts.
#ifndef ENDPOINT_SESSION_FRAME_WRITER_H_
#define ENDPOINT_SESSION_FRAME_WRITER_H_

#include <sys/uio.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/mutex.h"
#include "endpoint/session/frame_queue.h"
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

    bool operator==(const Limits&) const = default;
  };

  using Done = FrameQueue::Done;
  using Ticket = FrameQueue::Ticket;

  // What a Write did by the time it returned.
  struct Outcome {
    absl::Status status;            // OK: all was written, or waits
    size_t frames = 0;              // written as a whole
    Ticket ticket = Ticket::kNone;  // of what waits

    // Whether its `done` will be called, or has been by another thread.
    bool waits() const { return ticket != Ticket::kNone; }
  };

  // What one Write costs while it waits: the bytes, its place in the queue with
  // what waits behind it, and the id of the command behind each frame.
  static constexpr size_t CostOf(size_t bytes, size_t frames) {
    return bytes + 512 + 16 * frames;
  }

  // Called with what is given to the writer, whole frames with their heads, by
  // the thread that gives it and before it is queued.
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
  // was reserved. `done` is called, once, only if they wait.
  Outcome Write(std::string bytes, size_t frames, Done done);

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

  // `bytes`, which are `frames` whole frames, are the last that is taken: what
  // waits and they are written, as the transport has room, and then it is
  // closed. Whoever still wants to write gets `why`.
  void Finish(std::string bytes, size_t frames, const absl::Status& why);

  // What still waits is dropped with `why`, and the transport closed.
  void Close(const absl::Status& why);

  // Of all writers that count there.
  WriteStats stats() const { return stats_.Get(); }
  size_t queued_bytes() const;
  uint64_t written_bytes() const;
  // Nothing waits, and no room is kept. Takes no lock.
  bool idle() const { return kept_cost_ == 0; }

  // What may wait over high_bytes once answers do.
  static constexpr size_t kMaxAnswerBytes = 1u << 20;

 private:
  using Chunk = FrameQueue::Chunk;
  using Room = absl::AnyInvocable<void() &&>;

  struct Finished {
    Done done;
    absl::Status status;
    size_t frames = 0;
  };

  // What a thread that writes has to do next, without the lock.
  enum class Step { kWrite, kAwaitRoom, kClose, kStop };
  // What a thread that writes has to write and to call.
  struct Turn {
    std::vector<iovec> pieces;
    std::vector<Finished> finished;
    std::vector<Room> rooms;
    size_t written = 0;
    Outcome own;  // of the chunk that it brought
  };

  Outcome Enqueue(Chunk chunk, size_t reserved) ABSL_LOCKS_EXCLUDED(mutex_);
  // Writes until nothing is left to write, and lets others write. The caller
  // has set writing_.
  void Drain(Step step, Turn& turn) ABSL_LOCKS_EXCLUDED(mutex_);
  static void Call(Turn& turn);
  // The chunk has left the queue; what is to be called goes to `turn`.
  void Leave(Chunk& chunk, size_t written, const absl::Status& status,
             Turn& turn);

  Step NextStepLocked(Turn& turn) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TakeResultLocked(const absl::StatusOr<size_t>& result, Turn& turn)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // From now on nothing is taken, unless that is so already.
  void RefuseLocked(const absl::Status& why)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status ClosedError() const ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status CheckFits(size_t bytes, size_t kept) const;
  bool HasRoom() const { return refuses_ || kept_cost_ <= limits_.low_bytes; }
  SharedFrameStats& StatsOf(const Chunk& chunk) {
    return chunk.control ? stats_.controls : stats_.messages;
  }

  Transport& transport_;
  const Limits limits_;
  SharedWriteStats& stats_;
  const Recorder recorder_;

  mutable Mutex mutex_;
  FrameQueue queue_ ABSL_GUARDED_BY(mutex_);
  // Of what waits and of what room is kept for. It falls under the lock.
  std::atomic<size_t> kept_cost_ = 0;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;  // some thread is in Drain
  bool blocked_ ABSL_GUARDED_BY(mutex_) = false;  // the loop goes on
  // Nothing is taken any more: close_reason_ says why. Set under the lock.
  std::atomic<bool> refuses_ = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;  // nor is anything written
  absl::Status close_reason_ ABSL_GUARDED_BY(mutex_);
  std::vector<Room> waiting_for_room_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_SESSION_FRAME_WRITER_H_
