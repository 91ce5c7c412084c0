// What the far gateway tells the bridge: through the stream of a delegate, or
// through the watch.
#ifndef EXAMPLES_BRIDGE_CHILD_FAR_EVENT_H_
#define EXAMPLES_BRIDGE_CHILD_FAR_EVENT_H_

#include <cstdint>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "examples/bridge-child/far_actor.h"

namespace thespian::gateway::bridge {

// --- To the delegate of `peer` -------------------------------------------

struct Opened {
  PeerId peer;
  LocalId id;  // at the far gateway
};

struct Delivered {
  PeerId peer;
  FarActor from;
  std::string payload;
};

// `peer` hears nothing more of that actor.
struct Exited {
  PeerId peer;
  FarActor actor;
};

// `peer` hears nothing more of this run of the far child, and those before.
struct RunEnded {
  PeerId peer;
  Incarnation last;
};

struct Answered {
  PeerId peer;
  uint64_t command_id = 0;
  absl::Status status;
};

// A command was refused for want of room, and there is room now.
struct HasRoom {
  PeerId peer;  // 0: for what is anonymous
};

struct StreamEnded {
  PeerId peer;
  absl::Status status;
};

// --- To everyone -----------------------------------------------------------

// From now on all that follows is told.
struct WatchReady {};

struct FarBegan {
  FarActor actor;
};

struct FarEnded {
  FarActor actor;
  std::string reason;
  bool released = false;  // it may live, but its proxy has gone
};

struct FarLinked {
  FarActor actor;
  LocalId to;
};

struct GatewayLost {
  absl::Status status;
};

using FarEvent = std::variant<Opened, Delivered, Exited, RunEnded, Answered,
                              HasRoom, StreamEnded, WatchReady, FarBegan,
                              FarEnded, FarLinked, GatewayLost>;

}  // namespace thespian::gateway::bridge

#endif  // EXAMPLES_BRIDGE_CHILD_FAR_EVENT_H_
