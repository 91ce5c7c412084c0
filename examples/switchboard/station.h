// An actor that asks the next ones, and answers with its name and what they
// said. It ends when an actor that it is linked to ends. README.md says what it
// understands.
//
// Ownership: borrows the outbox.
// Threads:   thread-compatible.
// Errors:    what it does not understand is ignored.
// Memory:    an actor for each question that is not answered yet.
#ifndef EXAMPLES_SWITCHBOARD_STATION_H_
#define EXAMPLES_SWITCHBOARD_STATION_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "endpoint/wire/message.h"
#include "examples/stdio/frame_handler.h"
#include "examples/stdio/ids.h"
#include "examples/stdio/outbox.h"

namespace thespian::gateway::switchboard {

using stdio::ActorId;
using stdio::Outbox;
using stdio::PeerId;

class Station final : public stdio::FrameHandler {
 public:
  // It is known by `name`; `following` are the names of those that it asks.
  Station(std::string name, std::vector<std::string> following, Outbox& outbox);

  void Handle(const Message& message, stdio::TimePoint now) override;

 private:
  // An actor that asks one after the other, answers, and ends.
  struct Question {
    PeerId asker;
    std::string payload;
    bool links;
    std::vector<std::string> answers;  // encoded
  };

  void On(const SendMessage& message);
  void On(const SendNamedMessage& message);
  void On(const LinkMessage& message);
  void On(const ExitMessage& message);
  void On(const TransportErrorMessage& /*message*/) {}
  void On(const Unrecognized& /*message*/) {}

  void Receive(PeerId sender, std::string_view payload);
  void AskNext(ActorId me);
  void End(std::string_view reason);

  const std::string name_;
  const std::vector<std::string> following_;
  Outbox& outbox_;
  bool ended_ = false;
  absl::flat_hash_set<PeerId> linked_;
  absl::flat_hash_map<ActorId, Question> questions_;
  ActorId fresh_{100};
};

}  // namespace thespian::gateway::switchboard

#endif  // EXAMPLES_SWITCHBOARD_STATION_H_
