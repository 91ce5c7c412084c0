// What a local actor is told, one line each, for people.
//
// Threads:   stateless; safe from any thread.
#ifndef CLIENTS_CLI_ACTOR_TEXT_H_
#define CLIENTS_CLI_ACTOR_TEXT_H_

#include <string>
#include <string_view>

#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway::cli {

// "<- from 7 PAYLOAD", with the payload as JSON or, if that can't be, as hex.
std::string DeliveryLine(const v1::ActorEvent::Delivery& delivery);

// "-- 7 exited: REASON"
std::string ExitedLine(const v1::ActorEvent::Exited& exited);

// What a session says of itself: "-- TEXT".
std::string NoteLine(std::string_view text);

std::string ChangedLine(const v1::ActorEvent::EndpointChanged& changed);
std::string ClosingLine(std::string_view reason);

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_ACTOR_TEXT_H_
