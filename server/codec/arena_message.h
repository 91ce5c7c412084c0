// A Protobuf message in an arena of its own: what many small parts need is
// taken in a few pieces, and given back at once.
//
// Ownership: owns the message and the arena.
// Threads:   thread-compatible.
// Errors:    none.
// Memory:    that of the message as it is; an empty one takes the arena's
//   first block.
#ifndef SERVER_CODEC_ARENA_MESSAGE_H_
#define SERVER_CODEC_ARENA_MESSAGE_H_

#include <google/protobuf/arena.h>

namespace thespian::gateway {

template <typename Message>
class ArenaMessage {
 public:
  ArenaMessage() { Create(); }

  Message& operator*() { return *message_; }
  const Message* operator->() const { return message_; }

  // What gRPC is to write.
  const Message* wire() const { return message_; }

  // The message is a new one, which takes none of the old one's memory.
  void Renew() {
    arena_.Reset();
    Create();
  }

 private:
  void Create() {
    message_ = google::protobuf::Arena::CreateMessage<Message>(&arena_);
  }

  google::protobuf::Arena arena_;
  Message* message_ = nullptr;
};

}  // namespace thespian::gateway

#endif  // SERVER_CODEC_ARENA_MESSAGE_H_
