// An actor behind the far gateway, by what that gateway calls it.
#ifndef EXAMPLES_BRIDGE_CHILD_FAR_ACTOR_H_
#define EXAMPLES_BRIDGE_CHILD_FAR_ACTOR_H_

#include <utility>

#include "endpoint/wire/ids.h"
#include "examples/stdio/ids.h"

namespace thespian::gateway::bridge {

// An actor as the near gateway is told of it, and a client of that gateway.
using stdio::ActorId;
using stdio::PeerId;

struct FarActor {
  RemoteId id;  // 0: anonymous
  Incarnation incarnation;

  friend bool operator==(const FarActor&, const FarActor&) = default;

  template <typename H>
  friend H AbslHashValue(H state, const FarActor& actor) {
    return H::combine(std::move(state), actor.id, actor.incarnation);
  }
};

}  // namespace thespian::gateway::bridge

#endif  // EXAMPLES_BRIDGE_CHILD_FAR_ACTOR_H_
