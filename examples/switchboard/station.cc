#include "examples/switchboard/station.h"

#include <optional>
#include <utility>
#include <variant>

#include "examples/demo-child/payload.h"
#include "examples/stdio/log.h"
#include "fmt/format.h"

namespace thespian::gateway::switchboard {
namespace {

constexpr ActorId kStation{1};

}  // namespace

Station::Station(std::string name, std::vector<std::string> following,
                 Outbox& outbox)
    : name_(std::move(name)),
      following_(std::move(following)),
      outbox_(outbox) {}

void Station::Handle(const Message& message, stdio::TimePoint /*now*/) {
  std::visit([this](const auto& one) { On(one); }, message);
}

void Station::On(const SendMessage& message) {
  const ActorId to{message.to.value};
  const PeerId sender{message.from.value};
  if (to == kStation && !ended_) return Receive(sender, message.payload);
  const auto question = questions_.find(to);
  if (question == questions_.end()) return outbox_.Exit(to, "no_such_actor");
  if (question->second.links) {
    linked_.insert(sender);
    outbox_.Link(kStation, sender);
  }
  question->second.answers.emplace_back(message.payload);
  AskNext(to);
}

void Station::On(const SendNamedMessage& message) {
  if (message.name != name_ || ended_) {
    return stdio::Log(fmt::format("no actor is named '{}'", message.name));
  }
  Receive({message.from.value}, message.payload);
}

void Station::On(const LinkMessage& message) {
  const ActorId to{message.remote.value};
  if (to == kStation && !ended_) {
    linked_.insert({message.local.value});
  } else if (!questions_.contains(to)) {
    outbox_.Exit(to, "no_such_actor");
  }
}

void Station::On(const ExitMessage& message) {
  const PeerId peer{message.local.value};
  stdio::Log(fmt::format("actor {} has ended: {}", peer.value, message.reason));
  if (!linked_.contains(peer) || ended_) return;
  outbox_.SendNamed(
      kStation, "monitor",
      demo::EncodeList(
          "told", {demo::EncodeText(name_), demo::EncodeText(message.reason)}));
  End(message.reason);
}

void Station::Receive(PeerId sender, std::string_view payload) {
  const std::optional<demo::Command> command = demo::ReadCommand(payload);
  if (!command) return;
  if (command->word == "exit") return End(command->Text().value_or("normal"));
  const bool links = command->word == "link";
  if (!links && command->word != "call") return;
  const ActorId me = fresh_;
  ++fresh_.value;
  questions_.emplace(me, Question{sender, std::string(payload), links, {}});
  AskNext(me);
}

void Station::AskNext(ActorId me) {
  const Question& question = questions_.at(me);
  const size_t asked = question.answers.size();
  if (asked < following_.size()) {
    outbox_.SendNamed(me, following_[asked], question.payload);
    return;
  }
  outbox_.Send(kStation, question.asker,
               demo::EncodeList(name_, question.answers));
  questions_.erase(me);
  outbox_.Exit(me, "normal");
}

void Station::End(std::string_view reason) {
  ended_ = true;
  outbox_.Exit(kStation, reason);
}

}  // namespace thespian::gateway::switchboard
