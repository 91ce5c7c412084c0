#include "clients/cpp/command_queue.h"

#include <utility>

namespace thespian::gateway::client {
namespace {

// What a small command costs in memory beyond its bytes on the wire.
constexpr size_t kCommandOverhead = 128;

}  // namespace

bool CommandQueue::Add(v1::ActorCommand&& command) {
  const size_t bytes = command.ByteSizeLong() + kCommandOverhead;
  if (bytes_ + bytes > max_bytes_ && !waiting_.empty()) {
    refused_ = true;
    return false;
  }
  bytes_ += bytes;
  waiting_.push_back({.command = std::move(command), .bytes = bytes});
  return true;
}

void CommandQueue::TakeBatch(v1::AttachRequest& request) {
  request.Clear();
  size_t batch_bytes = 0;
  for (size_t i = 0; i < kMaxBatchCommands && !waiting_.empty(); ++i) {
    Entry& next = waiting_.front();
    const size_t on_wire = next.bytes - kCommandOverhead;
    if (i > 0 && batch_bytes + on_wire > kMaxBatchBytes) break;
    batch_bytes += on_wire;
    bytes_ -= next.bytes;
    *request.add_commands() = std::move(next.command);
    waiting_.pop_front();
  }
}

bool CommandQueue::TakeRoomNotice() {
  if (!refused_ || bytes_ > max_bytes_ / 2) return false;
  refused_ = false;
  return true;
}

}  // namespace thespian::gateway::client
