// The commands of an actor that wait for its stream, cut into batches.
//
// Ownership: owns the commands.
// Threads:   thread-compatible; the stream guards it.
// Memory:    at most max_bytes, or one command if that is larger.
#ifndef CLIENTS_CPP_COMMAND_QUEUE_H_
#define CLIENTS_CPP_COMMAND_QUEUE_H_

#include <cstddef>
#include <deque>

#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway::client {

// One request carries at most this much, or one command if that is larger.
inline constexpr size_t kMaxBatchCommands = 256;
inline constexpr size_t kMaxBatchBytes = 64u << 10;

class CommandQueue {
 public:
  explicit CommandQueue(size_t max_bytes) : max_bytes_(max_bytes) {}

  // False if there is no room, and `command` is as it was.
  bool Add(v1::ActorCommand&& command);

  // Moves the next batch into `request`, in place of what that held.
  void TakeBatch(v1::AttachRequest& request);

  bool empty() const { return waiting_.empty(); }

  // True, once, after a command was refused and half of the room is free.
  bool TakeRoomNotice();

 private:
  struct Entry {
    v1::ActorCommand command;
    size_t bytes = 0;
  };

  const size_t max_bytes_;
  std::deque<Entry> waiting_;
  size_t bytes_ = 0;
  bool refused_ = false;
};

}  // namespace thespian::gateway::client

#endif  // CLIENTS_CPP_COMMAND_QUEUE_H_
