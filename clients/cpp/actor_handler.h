// What a local actor is told, whether it attaches itself or listens.
//
// Ownership: borrowed by the Actor or the Listener, until that is destroyed.
// Threads:   called on gRPC's threads, one call at a time but for OnRoom, which
//   may come beside another. While a call does not return nothing is read, and
//   a client that does not read is cut off by the gateway.
#ifndef CLIENTS_CPP_ACTOR_HANDLER_H_
#define CLIENTS_CPP_ACTOR_HANDLER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "endpoint/wire/ids.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway::client {

// Everything is told in the order in which it happened. What is not overridden
// is ignored.
class ActorHandler {
 public:
  virtual ~ActorHandler() = default;

  // The actor exists; always the first call. The token is a secret.
  virtual void OnOpened(LocalId /*id*/, const std::string& /*token*/) {}
  // A remote actor sent a message; its payload is CBOR.
  virtual void OnDelivery(const v1::ActorEvent::Delivery& /*delivery*/) {}
  // A linked remote actor has ended; its details, if it gave any, are CBOR.
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

}  // namespace thespian::gateway::client

#endif  // CLIENTS_CPP_ACTOR_HANDLER_H_
