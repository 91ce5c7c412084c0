// From an event of a stream to the call of a handler.
//
// Threads:   stateless; the handler is called on the caller's thread.
#ifndef CLIENTS_CPP_EVENT_DISPATCH_H_
#define CLIENTS_CPP_EVENT_DISPATCH_H_

#include "clients/cpp/actor_handler.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway::client {

// Heartbeats, and events of a newer gateway, are passed over.
void Dispatch(const v1::ActorEvent& event, ActorHandler& handler);

// For AttachResponse and ListenResponse: every event, in order.
template <typename Response>
void DispatchAll(const Response& response, ActorHandler& handler) {
  for (const v1::ActorEvent& event : response.events()) {
    Dispatch(event, handler);
  }
}

}  // namespace thespian::gateway::client

#endif  // CLIENTS_CPP_EVENT_DISPATCH_H_
