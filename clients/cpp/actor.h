// A client that has made itself a local actor: it sends, links, and is told of
// what comes back.
//
// Ownership: the Actor owns its stream. The handler is borrowed, and called
//   until the Actor is destroyed.
// Threads:   Actor is safe from any thread, but Close and the destructor wait
//   and so must not be called by the handler.
// Errors:    a command is refused with a status when the queue is full or the
//   stream has ended; what the gateway says of it comes to the handler.
// Memory:    at most max_queued_bytes of commands, and one batch that is being
//   written (64 KiB, or one command).
#ifndef CLIENTS_CPP_ACTOR_H_
#define CLIENTS_CPP_ACTOR_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "clients/cpp/actor_handler.h"
#include "clients/cpp/target.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway::client {

class ActorStream;

struct AttachOptions {
  // The name under which the child reaches this actor; empty: none.
  std::string name;
  size_t max_queued_bytes = 4u << 20;
};

class Actor {
 public:
  Actor(std::shared_ptr<v1::GatewayService::Stub> stub,
        const AttachOptions& options, ActorHandler& handler);

  // Cancels the stream unless it has ended, and waits for its end.
  ~Actor();
  Actor(const Actor&) = delete;
  Actor& operator=(const Actor&) = delete;

  // These queue a command; commands that wait go out together. OK says that it
  // is queued. With a `command_id` other than 0 the handler is told how it
  // ended, whatever the outcome. RESOURCE_EXHAUSTED (QUEUE_FULL): try again
  // after OnRoom. FAILED_PRECONDITION: the stream is closed or has ended.
  absl::Status Send(const RemoteActor& to, std::string_view cbor,
                    uint64_t command_id = 0);
  absl::Status SendNamed(const NamedActor& to, std::string_view cbor,
                         uint64_t command_id = 0);
  absl::Status Link(const RemoteActor& to, uint64_t command_id = 0);

  // Takes no more commands; once those that wait are written the gateway is
  // told. What it says still comes to the handler, up to OnDone.
  void HalfClose();

  // Half-closes and waits for the final status; cancels after `patience`, and
  // then returns DEADLINE_EXCEEDED.
  absl::Status Close(absl::Duration patience);

  // Ends the stream at once; OnDone follows.
  void Cancel();

  // For a handler that can take no more for now: after the response that is
  // being told nothing is read until ResumeReading. A stream that is not read
  // does not learn of its end, and is cut off by the gateway when the mailbox
  // there is full. Cancel, Close and the destructor resume it.
  void PauseReading();
  void ResumeReading();

 private:
  const std::shared_ptr<v1::GatewayService::Stub> stub_;
  const std::unique_ptr<ActorStream> stream_;
};

}  // namespace thespian::gateway::client

#endif  // CLIENTS_CPP_ACTOR_H_
