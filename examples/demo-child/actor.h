// What an actor of the demo is, and what it may ask for.
//
// Ownership: a letter is a view; it is valid while it is being received.
// Threads:   thread-compatible; one thread runs all actors.
#ifndef EXAMPLES_DEMO_CHILD_ACTOR_H_
#define EXAMPLES_DEMO_CHILD_ACTOR_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "examples/stdio/frame_handler.h"
#include "examples/stdio/ids.h"
#include "examples/stdio/outbox.h"

namespace thespian::gateway::demo {

using stdio::ActorId;
using stdio::Outbox;
using stdio::PeerId;
using stdio::TimePoint;

// One message on its way to an actor.
struct Letter {
  ActorId to;
  PeerId from;               // 0: anonymous
  std::string_view payload;  // one CBOR item
  TimePoint now;
};

class Actor;

// The world, as an actor sees it.
class Stage {
 public:
  virtual ~Stage() = default;

  virtual Outbox& outbox() = 0;

  // Starts an actor under a fresh id. Nothing if there are too many.
  virtual std::optional<ActorId> Enter(std::unique_ptr<Actor> actor) = 0;
};

class Actor {
 public:
  // Why the actor ends, if it does.
  using End = std::optional<std::string>;

  virtual ~Actor() = default;

  virtual End Receive(const Letter& letter, Stage& stage) = 0;
};

}  // namespace thespian::gateway::demo

#endif  // EXAMPLES_DEMO_CHILD_ACTOR_H_
