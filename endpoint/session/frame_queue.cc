#include "endpoint/session/frame_queue.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "endpoint/check.h"
#include "endpoint/wire/message.h"

namespace thespian::gateway {
namespace {

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

}  // namespace

FrameQueue::Ticket FrameQueue::Push(Chunk chunk) {
  Check(!chunk.bytes.empty(), "a frame has a head");
  last_ticket_ = Ticket{static_cast<uint64_t>(last_ticket_) + 1};
  chunk.ticket = last_ticket_;
  bytes_ += chunk.bytes.size();
  chunks_.push_back({.chunk = std::move(chunk)});
  return last_ticket_;
}

void FrameQueue::Gather(std::vector<iovec>& pieces) {
  pieces.clear();
  in_flight_ = 0;
  while (!chunks_.empty() && chunks_.front().withdrawn) {
    chunks_.pop_front();
    --withdrawn_;
  }
  size_t skip = front_offset_;
  for (Place& place : chunks_) {
    if (pieces.size() == kPiecesPerWrite) break;
    ++in_flight_;
    if (place.withdrawn) continue;
    std::string& bytes = place.chunk.bytes;
    pieces.push_back(
        {.iov_base = bytes.data() + skip, .iov_len = bytes.size() - skip});
    skip = 0;
  }
}

void FrameQueue::TakeWritten(size_t bytes, OnLeave on_leave) {
  in_flight_ = 0;
  written_bytes_ += bytes;
  while (!chunks_.empty()) {
    const Chunk& front = chunks_.front().chunk;
    const size_t left = front.bytes.size() - front_offset_;
    if (left > bytes) {
      front_offset_ += bytes;
      return;
    }
    bytes -= left;
    Pop(front.frames, on_leave);
  }
}

void FrameQueue::Clear(OnLeave on_leave) {
  in_flight_ = 0;
  while (!chunks_.empty()) {
    Pop(WholeFrames(chunks_.front().chunk.bytes, front_offset_), on_leave);
  }
}

void FrameQueue::Pop(size_t written, OnLeave on_leave) {
  Place place = std::move(chunks_.front());
  chunks_.pop_front();
  front_offset_ = 0;
  if (place.withdrawn) {
    --withdrawn_;
    return;
  }
  bytes_ -= place.chunk.bytes.size();
  on_leave(place.chunk, written);
}

bool FrameQueue::Withdraw(Ticket ticket, OnLeave on_leave) {
  const auto place = std::lower_bound(
      NotBegun(), chunks_.end(), ticket,
      [](const Place& p, Ticket wanted) { return p.chunk.ticket < wanted; });
  if (place == chunks_.end() || place->chunk.ticket != ticket ||
      place->withdrawn) {
    return false;
  }
  Chunk chunk = std::exchange(place->chunk, {.ticket = ticket});
  place->withdrawn = true;
  bytes_ -= chunk.bytes.size();
  ++withdrawn_;
  if (withdrawn_ > std::max(kUnsweptChunks, chunks_.size() / 2)) Sweep();
  on_leave(chunk, 0);
  return true;
}

std::deque<FrameQueue::Place>::iterator FrameQueue::NotBegun() {
  const size_t begun = std::max<size_t>(in_flight_, front_offset_ > 0 ? 1 : 0);
  return chunks_.begin() + static_cast<std::ptrdiff_t>(begun);
}

// Moves nothing that is being written.
void FrameQueue::Sweep() {
  const auto gone = std::remove_if(NotBegun(), chunks_.end(),
                                   [](const Place& p) { return p.withdrawn; });
  withdrawn_ -= static_cast<size_t>(chunks_.end() - gone);
  chunks_.erase(gone, chunks_.end());
}

}  // namespace thespian::gateway
