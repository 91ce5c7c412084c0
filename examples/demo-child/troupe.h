// All actors of the child, and who gets which message.
//
//   name     id
//   echo     1
//   counter  2
//   ticker   3
//   spawner  4
//   crash    5; a fresh id each time it has ended
//
// Ids from 100 up are given to the actors that begin later, never twice.
//
// In the dialect plain the end of an actor is told to the gateway whether
// anyone has linked to it or not: the gateway knows the links and tells those
// who care. In the dialects of thespian it is told only if someone has.
//
// Ownership: owns the actors; the outbox must outlive it.
// Threads:   thread-compatible.
// Errors:    a message for an actor that isn't there is answered with its
//   `exit` and the reason "no_such_actor", but not in the dialects of thespian;
//   what has no answer is logged.
// Memory:    at most kMaxActors actors.
#ifndef EXAMPLES_DEMO_CHILD_TROUPE_H_
#define EXAMPLES_DEMO_CHILD_TROUPE_H_

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "endpoint/wire/message.h"
#include "examples/demo-child/actor.h"
#include "examples/demo-child/ticker.h"

namespace thespian::gateway::demo {

inline constexpr size_t kMaxActors = 1'000'000;

class Troupe final : public Stage, public stdio::FrameHandler {
 public:
  // Behaves as the outbox's dialect wants it.
  explicit Troupe(Outbox& outbox);

  // FrameHandler
  void Handle(const Message& message, TimePoint now) override;
  std::optional<TimePoint> next_due() const override {
    return ticker_->next_due();
  }
  void Tick(TimePoint now) override { ticker_->Tick(now, outbox_); }

  // "echo 1, counter 2, ..." by name.
  std::string Describe() const;

  Outbox& outbox() override { return outbox_; }
  std::optional<ActorId> Enter(std::unique_ptr<Actor> actor) override;

 private:
  void On(const SendMessage& message, TimePoint now);
  void On(const SendNamedMessage& message, TimePoint now);
  void On(const LinkMessage& message, TimePoint now);
  void On(const ExitMessage& message, TimePoint now);
  void On(const TransportErrorMessage& message, TimePoint now);
  void On(const Unrecognized& message, TimePoint now);

  void Register(std::string name, ActorId id, std::unique_ptr<Actor> actor);
  void Deliver(const Letter& letter);
  void Leave(ActorId id, std::string_view reason);
  void RefuseUnknown(ActorId id);

  Outbox& outbox_;
  absl::flat_hash_map<ActorId, std::unique_ptr<Actor>> actors_;
  absl::flat_hash_set<ActorId> linked_;  // of actors_
  std::map<std::string, ActorId, std::less<>> names_;
  Ticker* ticker_;  // in actors_, where it stays
  ActorId fresh_{100};
};

}  // namespace thespian::gateway::demo

#endif  // EXAMPLES_DEMO_CHILD_TROUPE_H_
