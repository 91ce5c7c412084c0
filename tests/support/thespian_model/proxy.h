// Stands for one of our actors in the child: what is sent to it goes out by
// the endpoint, and what ours says comes in through it.
//
// It is an actor like any other: it can be addressed by its id, linked and
// ended, and takes the endpoint's orders from anybody who says them.
#ifndef TESTS_SUPPORT_THESPIAN_MODEL_PROXY_H_
#define TESTS_SUPPORT_THESPIAN_MODEL_PROXY_H_

#include "tests/support/thespian_model/actor_system.h"
#include "tests/support/thespian_model/cbor_match.h"
#include "tests/support/thespian_model/generation.h"

namespace thespian::gateway::model {

class Proxy : public Actor {
 public:
  Proxy(Place place, Generation generation, ActorId endpoint, Rpid remote)
      : Actor(place),
        generation_(generation),
        endpoint_(endpoint),
        remote_(remote) {}

  Turn Receive(ActorId from, std::string_view message) override;
  Turn Linked(ActorId by) override;
  bool traps_exits() const override { return true; }

 private:
  // What the library itself says to it. False: it is a message for our actor.
  bool Obey(ActorId from, std::string_view message, Turn& turn);
  Turn TakeExit(ActorId from, std::string_view reason);
  Turn Deliver(ActorId to, std::string_view payload);
  Turn LinkOnTheWire(ActorId local);

  const Generation generation_;
  const ActorId endpoint_;
  const Rpid remote_;
};

}  // namespace thespian::gateway::model

#endif  // TESTS_SUPPORT_THESPIAN_MODEL_PROXY_H_
