#include "endpoint/session/frame_writer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "endpoint/check.h"
#include "endpoint/error.h"
#include "endpoint/lock_check.h"
#include "endpoint/wire/message.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

// The most that one turn writes before the loop goes on with it.
constexpr size_t kBytesPerTurn = 4u << 20;
constexpr size_t kPiecesPerWrite = 64;
// Withdrawn chunks are swept once there are more, and more than others.
constexpr size_t kUnsweptChunks = 64;

// How many of the frames in `bytes`, which we wrote ourselves, end at or
// before `end`.
size_t WholeFrames(std::string_view bytes, size_t end) {
  size_t frames = 0;
  for (size_t offset = 0; offset + kFrameHeadBytes <= end;) {
    offset += OwnFrameSize(bytes.substr(offset));
    if (offset <= end) ++frames;
  }
  return frames;
}

template <typename Item>
void MoveTo(std::vector<Item>& to, std::vector<Item>& from) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
  from.clear();
}

}  // namespace

FrameWriter::FrameWriter(Transport& transport, Limits limits,
                         SharedWriteStats& stats, Recorder recorder)
    : transport_(transport),
      limits_(limits),
      stats_(stats),
      recorder_(std::move(recorder)) {}

absl::Status FrameWriter::Reserve(size_t bytes) {
  MutexLock lock(mutex_);
  absl::Status status = CheckRoomLocked(bytes);
  if (status.ok()) reserved_cost_ += CostOf(bytes, 0);
  return status;
}

absl::Status FrameWriter::CheckRoom(size_t bytes) const {
  MutexLock lock(mutex_);
  return CheckRoomLocked(bytes);
}

absl::Status FrameWriter::CheckRoomLocked(size_t bytes) const {
  if (closed_) return close_reason_;
  const size_t kept = queued_cost_ + reserved_cost_;
  if (kept > 0 && kept + bytes > limits_.high_bytes) {
    return MakeError(
        ErrorReason::kQueueFull,
        fmt::format("what waits for the child to read takes {} bytes; with {} "
                    "more that is over the limit of {}",
                    kept, bytes, limits_.high_bytes));
  }
  return absl::OkStatus();
}

FrameWriter::Ticket FrameWriter::Write(std::string bytes, size_t frames,
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
  {
    MutexLock lock(mutex_);
    if (queued_cost_ + CostOf(frame.size(), 1) >
        limits_.high_bytes + kMaxAnswerBytes) {
      stats_.controls.CountTaken(1);
      stats_.controls.CountDropped(1);
      return false;
    }
  }
  WriteControls(std::move(frame), 1);
  return true;
}

FrameWriter::Ticket FrameWriter::Enqueue(Chunk chunk, size_t reserved) {
  if (recorder_) recorder_(chunk.bytes);
  Finished refused;
  Ticket ticket{};
  {
    MutexLock lock(mutex_);
    reserved_cost_ -= reserved;
    SharedFrameStats& stats = StatsOf(chunk);
    stats.CountTaken(chunk.frames);
    if (closed_) {
      stats.CountDropped(chunk.frames);
      refused = {.done = std::move(chunk.done), .status = close_reason_};
    } else {
      chunk.cost = CostOf(chunk.bytes.capacity(), chunk.frames);
      queued_bytes_ += chunk.bytes.size();
      queued_cost_ += chunk.cost;
      chunk.ticket = ++last_ticket_;
      ticket = Ticket{chunk.ticket};
      queue_.push_back(std::move(chunk));
      if (writing_ || blocked_) return ticket;
      writing_ = true;
    }
  }
  if (refused.status.ok()) {
    Drain();
  } else if (refused.done) {
    AssertNoLockHeld();
    std::move(refused.done)(refused.status, 0);
  }
  return ticket;
}

void FrameWriter::Drain() {
  AssertNoLockHeld();
  Turn turn;
  Step step = Step::kStop;
  {
    MutexLock lock(mutex_);
    step = NextStepLocked(turn);
  }
  while (step == Step::kWrite) {
    const absl::StatusOr<size_t> result = transport_.Write(turn.pieces);
    MutexLock lock(mutex_);
    TakeResultLocked(result, turn);
    step = NextStepLocked(turn);
  }
  if (step == Step::kAwaitRoom) transport_.AwaitRoom();
  if (step == Step::kClose) transport_.Close();
  Tell(turn);
}

void FrameWriter::Tell(Turn& turn) {
  if (turn.finished.empty() && turn.rooms.empty()) return;
  AssertNoLockHeld();
  {
    MutexLock lock(mutex_);
    if (LeaveLocked(turn)) return;
    telling_.emplace_back(std::this_thread::get_id(), &turn);
  }
  // What is told may bring more.
  while (!turn.finished.empty() || !turn.rooms.empty()) {
    for (Finished& finished : std::exchange(turn.finished, {})) {
      std::move(finished.done)(finished.status, finished.frames);
    }
    for (Room& room : std::exchange(turn.rooms, {})) std::move(room)();
  }
  MutexLock lock(mutex_);
  std::erase_if(telling_,
                [&turn](const auto& entry) { return entry.second == &turn; });
}

bool FrameWriter::LeaveLocked(Turn& turn) {
  const auto outer =
      std::find_if(telling_.begin(), telling_.end(), [](const auto& entry) {
        return entry.first == std::this_thread::get_id();
      });
  if (outer == telling_.end()) return false;
  MoveTo(outer->second->finished, turn.finished);
  MoveTo(outer->second->rooms, turn.rooms);
  return true;
}

FrameWriter::Step FrameWriter::NextStepLocked(Turn& turn) {
  if (HasRoomLocked()) MoveTo(turn.rooms, waiting_for_room_);
  while (closed_ && !queue_.empty()) {
    PopLocked(WholeFrames(queue_.front().bytes, front_offset_), close_reason_,
              turn);
  }
  if (!closed_ && !blocked_) {
    GatherLocked(turn);
    if (!turn.pieces.empty()) return Step::kWrite;
  }
  writing_ = false;
  if (closed_) return Step::kClose;
  return blocked_ ? Step::kAwaitRoom : Step::kStop;
}

void FrameWriter::GatherLocked(Turn& turn) {
  while (!queue_.empty() && queue_.front().bytes.empty()) {
    PopLocked(0, absl::OkStatus(), turn);
  }
  turn.pieces.clear();
  in_flight_ = 0;
  size_t skip = front_offset_;
  for (Chunk& chunk : queue_) {
    if (turn.pieces.size() == kPiecesPerWrite) break;
    ++in_flight_;
    if (chunk.bytes.empty()) continue;
    turn.pieces.push_back({.iov_base = chunk.bytes.data() + skip,
                           .iov_len = chunk.bytes.size() - skip});
    skip = 0;
  }
}

void FrameWriter::TakeResultLocked(const absl::StatusOr<size_t>& result,
                                   Turn& turn) {
  if (result.ok()) {
    turn.written += *result;
    TakeWrittenLocked(*result, turn);
    blocked_ = !closed_ && !queue_.empty() &&
               (*result == 0 || turn.written >= kBytesPerTurn);
  } else if (!closed_) {
    closed_ = true;
    close_reason_ = result.status();
  }
  in_flight_ = 0;
}

void FrameWriter::TakeWrittenLocked(size_t bytes, Turn& turn) {
  written_bytes_ += bytes;
  stats_.bytes += bytes;
  while (!queue_.empty()) {
    const size_t left = queue_.front().bytes.size() - front_offset_;
    if (left > bytes) {
      front_offset_ += bytes;
      return;
    }
    bytes -= left;
    PopLocked(queue_.front().frames, absl::OkStatus(), turn);
  }
}

void FrameWriter::PopLocked(size_t written, const absl::Status& status,
                            Turn& turn) {
  Chunk& chunk = queue_.front();
  StatsOf(chunk).CountWritten(written);
  StatsOf(chunk).CountDropped(chunk.frames - written);
  queued_bytes_ -= chunk.bytes.size();
  queued_cost_ -= chunk.cost;
  if (chunk.done) {
    turn.finished.push_back(
        {.done = std::move(chunk.done), .status = status, .frames = written});
  }
  if (chunk.withdrawn) --withdrawn_;
  queue_.pop_front();
  front_offset_ = 0;
}

bool FrameWriter::Withdraw(Ticket ticket, const absl::Status& why) {
  Turn turn;
  {
    MutexLock lock(mutex_);
    Chunk* const chunk = FindNotBegunLocked(ticket);
    if (chunk == nullptr || !chunk->done) return false;
    TakeBackLocked(*chunk, why, turn);
    if (HasRoomLocked()) MoveTo(turn.rooms, waiting_for_room_);
  }
  Tell(turn);
  return true;
}

std::deque<FrameWriter::Chunk>::iterator FrameWriter::NotBegunLocked() {
  const size_t begun = std::max<size_t>(in_flight_, front_offset_ > 0 ? 1 : 0);
  return queue_.begin() + static_cast<std::ptrdiff_t>(begun);
}

FrameWriter::Chunk* FrameWriter::FindNotBegunLocked(Ticket ticket) {
  const auto number = static_cast<uint64_t>(ticket);
  const auto chunk = std::lower_bound(
      NotBegunLocked(), queue_.end(), number,
      [](const Chunk& c, uint64_t wanted) { return c.ticket < wanted; });
  if (chunk == queue_.end() || chunk->ticket != number) return nullptr;
  return &*chunk;
}

// The chunk stays in its place, empty, until it is popped or swept.
void FrameWriter::TakeBackLocked(Chunk& chunk, const absl::Status& why,
                                 Turn& turn) {
  stats_.messages.CountWithdrawn(chunk.frames);
  queued_bytes_ -= chunk.bytes.size();
  queued_cost_ -= chunk.cost;
  turn.finished.push_back(
      {.done = std::move(chunk.done), .status = why, .frames = 0});
  chunk = {.withdrawn = true, .ticket = chunk.ticket};
  ++withdrawn_;
  if (withdrawn_ > std::max(kUnsweptChunks, queue_.size() / 2)) SweepLocked();
}

// Moves nothing that is being written.
void FrameWriter::SweepLocked() {
  const auto gone = std::remove_if(NotBegunLocked(), queue_.end(),
                                   [](const Chunk& c) { return c.withdrawn; });
  withdrawn_ -= static_cast<size_t>(queue_.end() - gone);
  queue_.erase(gone, queue_.end());
}

void FrameWriter::WhenRoom(absl::AnyInvocable<void() &&> room) {
  {
    MutexLock lock(mutex_);
    if (!HasRoomLocked()) {
      waiting_for_room_.push_back(std::move(room));
      return;
    }
  }
  AssertNoLockHeld();
  std::move(room)();
}

void FrameWriter::OnWritable() {
  {
    MutexLock lock(mutex_);
    blocked_ = false;
    if (writing_ || closed_) return;
    writing_ = true;
  }
  Drain();
}

void FrameWriter::Close(const absl::Status& why) {
  Check(!why.ok(), "a writer is closed for a reason");
  {
    MutexLock lock(mutex_);
    if (closed_) return;
    closed_ = true;
    close_reason_ = why;
    if (writing_) return;
    writing_ = true;
  }
  Drain();
}

size_t FrameWriter::queued_bytes() const {
  MutexLock lock(mutex_);
  return queued_bytes_;
}

uint64_t FrameWriter::written_bytes() const {
  MutexLock lock(mutex_);
  return written_bytes_;
}

}  // namespace thespian::gateway
