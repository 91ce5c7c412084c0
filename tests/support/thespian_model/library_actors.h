// The actors of thespian's own test child, beside its echo.
#ifndef TESTS_SUPPORT_THESPIAN_MODEL_LIBRARY_ACTORS_H_
#define TESTS_SUPPORT_THESPIAN_MODEL_LIBRARY_ACTORS_H_

#include <string_view>

#include "tests/support/thespian_model/actor_system.h"

namespace thespian::gateway::model {

// Both take their sender for an endpoint: they send it an order to send the
// first message to the name "test_receiver".

// Answers every later one with ["done"].
class EchoId : public Actor {
 public:
  using Actor::Actor;
  Turn Receive(ActorId from, std::string_view message) override;

 private:
  bool ordered_ = false;
};

// Exits with the reason "die_test" at the second one.
class DieTest : public Actor {
 public:
  using Actor::Actor;
  Turn Receive(ActorId from, std::string_view message) override;

 private:
  bool ordered_ = false;
};

}  // namespace thespian::gateway::model

#endif  // TESTS_SUPPORT_THESPIAN_MODEL_LIBRARY_ACTORS_H_
