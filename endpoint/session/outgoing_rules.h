// What clients may send to an endpoint's child, and what they are told if they
// may not.
//
// Ownership: borrows the endpoint's facts.
// Threads:   safe from any thread.
// Errors:    FIELD_INVALID, NAME_UNKNOWN, FRAME_TOO_LARGE, PAYLOAD_INVALID,
//   INCARNATION_STALE, ACTOR_UNKNOWN; each names the field.
#ifndef ENDPOINT_SESSION_OUTGOING_RULES_H_
#define ENDPOINT_SESSION_OUTGOING_RULES_H_

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"
#include "endpoint/endpoint_options.h"
#include "endpoint/session/frame_batch.h"
#include "endpoint/wire/ids.h"

namespace thespian::gateway {

class OutgoingRules {
 public:
  explicit OutgoingRules(const EndpointFacts& facts) : facts_(facts) {}

  // Whatever the session: target and payload.
  absl::Status Check(const Outgoing& message) const;

  // A frame with its head.
  absl::Status CheckFrame(size_t bytes) const;

  // `current` is the session's; `wanted` may be 0.
  absl::Status CheckIncarnation(Incarnation current, Incarnation wanted) const;

  // `field` names an actor without a proxy.
  absl::Status ActorUnknownError(std::string_view field, RemoteId id,
                                 Incarnation incarnation) const;

 private:
  absl::Status CheckTarget(const Outgoing& message) const;
  absl::Status CheckNameIsListed(std::string_view name, bool attached) const;
  absl::Status CheckSize(size_t bytes, size_t most,
                         std::string_view what) const;

  const EndpointFacts& facts_;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_SESSION_OUTGOING_RULES_H_
