#include "endpoint/session/frame_writer.h"

#include <iterator>
#include <utility>

#include "endpoint/check.h"
#include "endpoint/error.h"
#include "endpoint/lock_check.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

// The most that one turn writes before the loop goes on with it.
constexpr size_t kBytesPerTurn = 4u << 20;

}  // namespace

FrameWriter::FrameWriter(Transport& transport, Limits limits,
                         SharedWriteStats& stats, Recorder recorder)
    : transport_(transport),
      limits_(limits),
      stats_(stats),
      recorder_(std::move(recorder)) {}

// --- Room ------------------------------------------------------------------

absl::Status FrameWriter::Reserve(size_t bytes) {
  if (refuses_) return ClosedError();
  size_t kept = kept_cost_;
  do {
    absl::Status status = CheckFits(bytes, kept);
    if (!status.ok()) return status;
  } while (!kept_cost_.compare_exchange_weak(kept, kept + CostOf(bytes, 0)));
  return absl::OkStatus();
}

absl::Status FrameWriter::CheckRoom(size_t bytes) const {
  if (refuses_) return ClosedError();
  return CheckFits(bytes, kept_cost_);
}

absl::Status FrameWriter::ClosedError() const {
  MutexLock lock(mutex_);
  return close_reason_;
}

absl::Status FrameWriter::CheckFits(size_t bytes, size_t kept) const {
  if (kept > 0 && kept + bytes > limits_.high_bytes) {
    return MakeError(
        ErrorReason::kQueueFull,
        fmt::format("what waits for the child to read takes {} bytes; with {} "
                    "more that is over the limit of {}",
                    kept, bytes, limits_.high_bytes));
  }
  return absl::OkStatus();
}

void FrameWriter::WhenRoom(absl::AnyInvocable<void() &&> room) {
  {
    MutexLock lock(mutex_);
    if (!HasRoom()) {
      waiting_for_room_.push_back(std::move(room));
      return;
    }
  }
  AssertNoLockHeld();
  std::move(room)();
}

// --- Writing ---------------------------------------------------------------

FrameWriter::Outcome FrameWriter::Write(std::string bytes, size_t frames,
                                        Done done) {
  const size_t reserved = CostOf(bytes.size(), 0);
  return Enqueue(
      {.bytes = std::move(bytes), .frames = frames, .done = std::move(done)},
      reserved);
}

void FrameWriter::WriteControls(std::string bytes, size_t frames) {
  Enqueue({.bytes = std::move(bytes), .frames = frames, .control = true}, 0);
}

bool FrameWriter::WriteAnswer(std::string frame) {
  if (kept_cost_ + CostOf(frame.size(), 1) >
      limits_.high_bytes + kMaxAnswerBytes) {
    stats_.controls.CountTaken(1);
    stats_.controls.CountDropped(1);
    return false;
  }
  WriteControls(std::move(frame), 1);
  return true;
}

FrameWriter::Outcome FrameWriter::Enqueue(Chunk chunk, size_t reserved) {
  if (recorder_) recorder_(chunk.bytes);
  Turn turn;
  Step step = Step::kStop;
  {
    MutexLock lock(mutex_);
    SharedFrameStats& stats = StatsOf(chunk);
    stats.CountTaken(chunk.frames);
    if (refuses_) {
      kept_cost_ -= reserved;
      stats.CountDropped(chunk.frames);
      return {.status = close_reason_};
    }
    chunk.cost = CostOf(chunk.bytes.capacity(), chunk.frames);
    kept_cost_ += chunk.cost - reserved;
    turn.own.ticket = queue_.Push(std::move(chunk));
    if (writing_ || blocked_) return std::move(turn.own);
    writing_ = true;
    step = NextStepLocked(turn);
  }
  Drain(step, turn);
  return std::move(turn.own);
}

void FrameWriter::Drain(Step step, Turn& turn) {
  AssertNoLockHeld();
  while (step == Step::kWrite) {
    const absl::StatusOr<size_t> result = transport_.Write(turn.pieces);
    MutexLock lock(mutex_);
    TakeResultLocked(result, turn);
    step = NextStepLocked(turn);
  }
  if (step == Step::kAwaitRoom) transport_.AwaitRoom();
  if (step == Step::kClose) transport_.Close();
  Call(turn);
}

void FrameWriter::Call(Turn& turn) {
  AssertNoLockHeld();
  for (Finished& finished : turn.finished) {
    std::move(finished.done)(finished.status, finished.frames);
  }
  for (Room& room : turn.rooms) std::move(room)();
}

FrameWriter::Step FrameWriter::NextStepLocked(Turn& turn) {
  if (refuses_ && queue_.empty()) closed_ = true;
  if (closed_) {
    const absl::Status why = close_reason_;
    queue_.Clear([&](Chunk& chunk, size_t written) {
      StatsOf(chunk).CountWritten(written);
      StatsOf(chunk).CountDropped(chunk.frames - written);
      Leave(chunk, written, why, turn);
    });
  }
  if (HasRoom()) {
    std::move(waiting_for_room_.begin(), waiting_for_room_.end(),
              std::back_inserter(turn.rooms));
    waiting_for_room_.clear();
  }
  if (!closed_ && !blocked_) {
    queue_.Gather(turn.pieces);
    if (!turn.pieces.empty()) return Step::kWrite;
  }
  writing_ = false;
  if (closed_) return Step::kClose;
  return blocked_ ? Step::kAwaitRoom : Step::kStop;
}

void FrameWriter::TakeResultLocked(const absl::StatusOr<size_t>& result,
                                   Turn& turn) {
  if (!result.ok()) {
    RefuseLocked(result.status());
    closed_ = true;
    return;
  }
  turn.written += *result;
  stats_.bytes += *result;
  queue_.TakeWritten(*result, [&](Chunk& chunk, size_t written) {
    StatsOf(chunk).CountWritten(written);
    Leave(chunk, written, absl::OkStatus(), turn);
  });
  blocked_ = !closed_ && !queue_.empty() &&
             (*result == 0 || turn.written >= kBytesPerTurn);
}

void FrameWriter::Leave(Chunk& chunk, size_t written,
                        const absl::Status& status, Turn& turn) {
  kept_cost_ -= chunk.cost;
  if (chunk.ticket == turn.own.ticket) {
    turn.own = {.status = status, .frames = written};
  } else if (chunk.done) {
    turn.finished.push_back(
        {.done = std::move(chunk.done), .status = status, .frames = written});
  }
}

bool FrameWriter::Withdraw(Ticket ticket, const absl::Status& why) {
  Turn turn;
  {
    MutexLock lock(mutex_);
    const bool found = queue_.Withdraw(ticket, [&](Chunk& chunk, size_t) {
      stats_.messages.CountWithdrawn(chunk.frames);
      Leave(chunk, 0, why, turn);
    });
    if (!found) return false;
    if (HasRoom()) turn.rooms.swap(waiting_for_room_);
  }
  Call(turn);
  return true;
}

void FrameWriter::OnWritable() {
  Turn turn;
  Step step = Step::kStop;
  {
    MutexLock lock(mutex_);
    blocked_ = false;
    if (writing_ || closed_) return;
    writing_ = true;
    step = NextStepLocked(turn);
  }
  Drain(step, turn);
}

void FrameWriter::RefuseLocked(const absl::Status& why) {
  if (!refuses_) close_reason_ = why;
  refuses_ = true;
}

void FrameWriter::Finish(std::string bytes, size_t frames,
                         const absl::Status& why) {
  if (recorder_) recorder_(bytes);
  Turn turn;
  Step step = Step::kStop;
  {
    MutexLock lock(mutex_);
    stats_.controls.CountTaken(frames);
    if (refuses_) return stats_.controls.CountDropped(frames);
    const size_t cost = CostOf(bytes.capacity(), frames);
    kept_cost_ += cost;
    queue_.Push({.bytes = std::move(bytes),
                 .frames = frames,
                 .cost = cost,
                 .control = true});
    RefuseLocked(why);
    turn.rooms.swap(waiting_for_room_);
    if (!writing_ && !blocked_) {
      writing_ = true;
      step = NextStepLocked(turn);
    }
  }
  Drain(step, turn);
}

void FrameWriter::Close(const absl::Status& why) {
  Check(!why.ok(), "a writer is closed for a reason");
  Turn turn;
  Step step = Step::kStop;
  {
    MutexLock lock(mutex_);
    if (closed_) return;
    RefuseLocked(why);
    closed_ = true;
    if (writing_) return;
    writing_ = true;
    step = NextStepLocked(turn);
  }
  Drain(step, turn);
}

size_t FrameWriter::queued_bytes() const {
  MutexLock lock(mutex_);
  return queue_.bytes();
}

uint64_t FrameWriter::written_bytes() const {
  MutexLock lock(mutex_);
  return queue_.written_bytes();
}

}  // namespace thespian::gateway
