// The actor that speaks to the gateway: it reads and writes a wire, and
// keeps a proxy for each of our ids that it has met.
//
// What comes for one of our ids goes to its proxy even if that has ended; that
// ends the endpoint, and the process with it.
//
// Ownership: borrows the descriptors of the wire.
// Threads:   thread-compatible. Reads and writes block.
// Errors:    all end it, with the name that thespian gives them.
#ifndef TESTS_SUPPORT_THESPIAN_MODEL_ENDPOINT_H_
#define TESTS_SUPPORT_THESPIAN_MODEL_ENDPOINT_H_

#include <map>
#include <string>
#include <string_view>

#include "tests/support/thespian_model/actor_system.h"
#include "tests/support/thespian_model/framing.h"
#include "tests/support/thespian_model/generation.h"
#include "tests/support/thespian_model/wire.h"

namespace thespian::gateway::model {

class Endpoint : public Actor {
 public:
  Endpoint(Place place, Generation generation, const Wire& wire)
      : Actor(place), generation_(generation), wire_(wire) {}

  // Tells it that its wire can be read.
  static std::string ReadReady();

  Turn Receive(ActorId from, std::string_view message) override;
  void Ended() override;
  bool traps_exits() const override { return true; }

 private:
  // What proxies and actors have for the wire. False: none of that.
  bool Forward(std::string_view message, Turn& turn);
  Turn ReadStdin();
  Turn Dispatch(std::string_view content);
  Turn DispatchNamed(Lpid from, std::string_view name,
                     std::string_view payload);
  ActorId ProxyOf(Lpid from);
  Turn Write(std::string_view content);
  Turn SayGoodbye();

  const Generation generation_;
  const Wire wire_;
  FrameBuffer frames_;
  std::map<Rpid, ActorId> proxies_;
};

}  // namespace thespian::gateway::model

#endif  // TESTS_SUPPORT_THESPIAN_MODEL_ENDPOINT_H_
