// What surrounds an endpoint.
//
// Ownership: all of it outlives the endpoint.
#ifndef ENDPOINT_ENDPOINT_DEPS_H_
#define ENDPOINT_ENDPOINT_DEPS_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "absl/functional/any_invocable.h"
#include "endpoint/actors/local_actors.h"
#include "endpoint/clock.h"
#include "endpoint/endpoint_state.h"
#include "endpoint/journal/event_journal.h"
#include "endpoint/peer/accepted_peer.h"
#include "endpoint/relay/routes.h"
#include "endpoint/supervision/restart_policy.h"

namespace spdlog {
class logger;
}

namespace thespian::gateway {

class Relays;

struct EndpointDeps {
  const Clock& clock;
  EventJournal& journal;
  LocalActors& locals;
  spdlog::logger& log;
  // Called on the loop after every change of state. May be empty.
  absl::AnyInvocable<void(EndpointState)> on_state;
  // See RestartPolicy. May be empty.
  RestartPolicy::Chance chance;
  // How many there were, of all endpoints of this name. Null: it is the first.
  std::shared_ptr<std::atomic<uint64_t>> incarnations;
  // Which of 64 groups of endpoints it is in; see LocalActor::NoteKnownTo.
  uint8_t known_to_group = 0;
  // A peer that has dialled in: the endpoint is its only run. Nothing: the
  // options say what the peer is.
  std::optional<AcceptedPeer> accepted = std::nullopt;
  // For what its actors say to those of other endpoints. Null: nothing.
  Relays* relays = nullptr;
  Routes routes;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_ENDPOINT_DEPS_H_
