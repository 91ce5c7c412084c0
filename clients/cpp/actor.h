// A client that has made itself a local actor: it sends, links, and is told of
// what comes back.
//
// Ownership: the Actor owns its stream. The handler is borrowed, and called
//   until the Actor is destroyed.
// Threads:   Actor is safe from any thread, but Close and the destructor wait
//   and so must not be called by the handler. The handler is called on gRPC's
//   threads, one call at a time but for OnRoom, which may come beside another.
//   While it does not return nothing is read, and a client that does not read
//   is cut off by the gateway.
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
#include "clients/cpp/target.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway::client {

class ActorStream;

// Told what happens to an Actor, in the order in which it happened. What is
// not overridden is ignored.
class ActorHandler {
 public:
  virtual ~ActorHandler() = default;

  // The actor exists; always the first call. The token is a secret.
  virtual void OnOpened(LocalId /*id*/, const std::string& /*token*/) {}
  // A remote actor sent a message; its payload is CBOR.
  virtual void OnDelivery(const v1::ActorEvent::Delivery& /*delivery*/) {}
  // A linked remote actor has ended.
  virtual void OnExited(const v1::ActorEvent::Exited& /*exited*/) {}
  // How a command ended; of commands without an id only failures are told.
  virtual void OnCommandResult(uint64_t /*command_id*/,
                               const absl::Status& /*status*/) {}
  virtual void OnEndpointChanged(
      const v1::ActorEvent::EndpointChanged& /*changed*/) {}
  // The gateway is about to end the stream of its own accord.
  virtual void OnClosing(const std::string& /*reason*/) {}
  // There is room again after a command was refused for want of it.
  virtual void OnRoom() {}
  // The stream has ended; the last call, and always made.
  virtual void OnDone(const absl::Status& /*status*/) {}
};

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

 private:
  const std::shared_ptr<v1::GatewayService::Stub> stub_;
  const std::unique_ptr<ActorStream> stream_;
};

}  // namespace thespian::gateway::client

#endif  // CLIENTS_CPP_ACTOR_H_
