// A remote actor of one endpoint, as the actors of another know it: a local
// actor with an id made for the pair of both, the actor and the other endpoint.
//
// Whoever is told by the other endpoint to reach it is a lane, so nothing is
// ever put into its own mailbox, which is closed from the beginning: it is not
// told of links that end, nor of the states of endpoints.
//
// Ownership: shared by the registry of local actors and by the lane that it
//   speaks through; the other endpoint's loop holds it while it delivers.
// Threads:   it is made, speaks and ends on the loop of its own endpoint alone.
//   AskToEnd is safe from any thread.
// Errors:    none.
// Memory:    that of a local actor.
#ifndef ENDPOINT_RELAY_RELAYED_ACTOR_H_
#define ENDPOINT_RELAY_RELAYED_ACTOR_H_

#include <memory>
#include <string>

#include "endpoint/actors/local_actors.h"
#include "endpoint/loop/loop_thread.h"

namespace thespian::gateway {

class EndpointRelay;

class RelayedActor final : public LocalActor,
                           public std::enable_shared_from_this<RelayedActor> {
 public:
  // `to` is the other endpoint. `owner` lives as long as `loop` runs.
  RelayedActor(const RelayOrigin& origin, EndpointName to, EndpointRelay& owner,
               std::shared_ptr<LoopThread> loop);

  EndpointName to() const { return to_; }

  // It ends for `reason` after what it has said. Nothing, if it has ended.
  void AskToEnd(std::string reason);

  void OnMail() override {}

 private:
  const EndpointName to_;
  EndpointRelay& owner_;
  const std::shared_ptr<LoopThread> loop_;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_RELAY_RELAYED_ACTOR_H_
