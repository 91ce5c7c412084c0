// The first actor of a child, with which the process ends.
#ifndef TESTS_SUPPORT_THESPIAN_MODEL_CONTROL_H_
#define TESTS_SUPPORT_THESPIAN_MODEL_CONTROL_H_

#include <string>
#include <string_view>

#include "tests/support/thespian_model/actor_system.h"
#include "tests/support/thespian_model/cbor_match.h"
#include "tests/support/thespian_model/exits.h"

namespace thespian::gateway::model {

// Takes exits and nothing else, and ends with the first one.
class Control : public Actor {
 public:
  // The exit with the reason `ignored` does not matter to it.
  explicit Control(Place place, std::string ignored = "")
      : Actor(place), ignored_(std::move(ignored)) {}

  Turn Receive(ActorId /*from*/, std::string_view message) override {
    std::string_view reason;
    const bool plain = Matcher(message)("exit", &reason);
    if (plain && !ignored_.empty() && reason == ignored_) return kGoesOn;
    std::string end = plain ? ExitOf(reason) : Unexpected(message);
    if (Matcher(end)("exit", &reason)) actors().Finish(reason);
    return end;
  }

  bool traps_exits() const override { return true; }

 private:
  const std::string ignored_;
};

}  // namespace thespian::gateway::model

#endif  // TESTS_SUPPORT_THESPIAN_MODEL_CONTROL_H_
