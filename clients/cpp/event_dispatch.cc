#include "clients/cpp/event_dispatch.h"

#include "clients/cpp/error.h"

namespace thespian::gateway::client {

void Dispatch(const v1::ActorEvent& event, ActorHandler& handler) {
  switch (event.event_case()) {
    case v1::ActorEvent::kOpened:
      return handler.OnOpened({event.opened().actor_id()},
                              event.opened().token());
    case v1::ActorEvent::kDelivery:
      return handler.OnDelivery(event.delivery());
    case v1::ActorEvent::kExited:
      return handler.OnExited(event.exited());
    case v1::ActorEvent::kCommandResult:
      return handler.OnCommandResult(
          event.command_result().command_id(),
          FromProto(event.command_result().status()));
    case v1::ActorEvent::kEndpointChanged:
      return handler.OnEndpointChanged(event.endpoint_changed());
    case v1::ActorEvent::kClosing:
      return handler.OnClosing(event.closing().reason());
    case v1::ActorEvent::kHeartbeat:
    case v1::ActorEvent::EVENT_NOT_SET:  // of a newer gateway
      return;
  }
}

}  // namespace thespian::gateway::client
