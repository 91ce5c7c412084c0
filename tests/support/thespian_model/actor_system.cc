#include "tests/support/thespian_model/actor_system.h"

#include "tests/support/thespian_model/cbor_writer.h"
#include "tests/support/thespian_model/exits.h"

namespace thespian::gateway::model {
namespace {

// In band, as everything: ["link"] as a payload is a link.
const std::string& LinkMessage() {
  static const std::string message = Pack("link");
  return message;
}

}  // namespace

Turn Actor::Send(ActorId to, std::string message) const {
  return place_.system.Send(place_.self, to, std::move(message));
}

void ActorSystem::Enter(ActorId id, std::string name,
                        std::unique_ptr<Actor> actor) {
  auto resident = std::make_unique<Resident>();
  resident->name = std::move(name);
  resident->actor = std::move(actor);
  actors_[id.value] = std::move(resident);
  letters_.push_back({{}, id, ""});
}

ActorSystem::Resident* ActorSystem::At(ActorId id) {
  const auto found = actors_.find(id.value);
  return found == actors_.end() ? nullptr : found->second.get();
}

ActorId ActorSystem::Find(std::string_view name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? ActorId{} : found->second;
}

Turn ActorSystem::Send(ActorId from, ActorId to, std::string message) {
  if (lives(to)) {
    letters_.push_back({from, to, std::move(message)});
    return kGoesOn;
  }
  const Resident* const sender = At(from);
  if (sender == nullptr || BeginsWithExit(message)) return kGoesOn;
  return DeadSend(message, from, sender->name);
}

void ActorSystem::Tell(ActorId from, ActorId to, std::string message) {
  if (lives(to)) letters_.push_back({from, to, std::move(message)});
}

Turn ActorSystem::Link(ActorId from, ActorId to) {
  if (Turn end = Send(from, to, LinkMessage())) return end;
  At(from)->links.push_back(to);
  return kGoesOn;
}

void ActorSystem::Join(ActorId one, ActorId other) {
  At(one)->links.push_back(other);
  At(other)->links.push_back(one);
}

void ActorSystem::Run() {
  while (!letters_.empty()) {
    const Letter letter = std::move(letters_.front());
    letters_.pop_front();
    Resident* const resident = At(letter.to);
    if (resident == nullptr) continue;
    if (const Turn end = TurnOf(*resident, letter)) End(letter.to, *end);
  }
}

Turn ActorSystem::TurnOf(Resident& resident, const Letter& letter) {
  Actor& actor = *resident.actor;
  if (letter.message.empty()) return actor.Start();
  if (letter.message == LinkMessage()) {
    resident.links.push_back(letter.from);
    return actor.Linked(letter.from);
  }
  if (actor.traps_exits()) return actor.Receive(letter.from, letter.message);
  switch (KindOf(letter.message)) {
    case Kind::kNoArray:
      return ExitOf(
          "UNHANDLED_EXCEPTION: cbor unexpected type (expected array)");
    case Kind::kNormalExit:
      return kGoesOn;
    case Kind::kExit:
      return letter.message;
    case Kind::kMessage:
      return actor.Receive(letter.from, letter.message);
  }
  return kGoesOn;
}

void ActorSystem::End(ActorId id, const std::string& exit_message) {
  const auto node = actors_.extract(id.value);
  Resident& resident = *node.mapped();
  const std::vector<ActorId>& links = resident.links;
  for (auto linked = links.rbegin(); linked != links.rend(); ++linked) {
    Tell(id, *linked, exit_message);
  }
  resident.actor->Ended();
}

}  // namespace thespian::gateway::model
