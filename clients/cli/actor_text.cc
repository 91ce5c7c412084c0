#include "clients/cli/actor_text.h"

#include "clients/cli/event_text.h"
#include "clients/cli/payload_text.h"
#include "clients/cli/printable.h"
#include "fmt/format.h"

namespace thespian::gateway::cli {

std::string DeliveryLine(const v1::ActorEvent::Delivery& delivery) {
  return fmt::format("<- from {} {}", delivery.from_id(),
                     ShowPayload(delivery.payload().cbor()));
}

std::string ExitedLine(const v1::ActorEvent::Exited& exited) {
  std::string line = fmt::format("{} exited: {}", exited.remote_id(),
                                 Printable(exited.reason()));
  for (const v1::Payload& detail : exited.details()) {
    line += fmt::format(" {}", ShowPayload(detail.cbor()));
  }
  return NoteLine(line);
}

std::string NoteLine(std::string_view text) {
  return fmt::format("-- {}", text);
}

std::string ChangedLine(const v1::ActorEvent::EndpointChanged& changed) {
  return NoteLine(fmt::format("endpoint {}/{} is {} now: {}",
                              Printable(changed.endpoint()),
                              changed.incarnation(), StateText(changed.state()),
                              Printable(changed.reason())));
}

std::string ClosingLine(std::string_view reason) {
  return NoteLine(
      fmt::format("the gateway ends the stream: {}", Printable(reason)));
}

}  // namespace thespian::gateway::cli
