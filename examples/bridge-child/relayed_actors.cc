#include "examples/bridge-child/relayed_actors.h"

namespace thespian::gateway::bridge {

std::optional<ActorId> RelayedActors::Hear(const FarActor& far, PeerId peer) {
  return Note(far, peer, /*linked=*/false);
}

std::optional<ActorId> RelayedActors::Link(const FarActor& far, PeerId peer) {
  return Note(far, peer, /*linked=*/true);
}

std::optional<ActorId> RelayedActors::Note(const FarActor& far, PeerId peer,
                                           bool linked) {
  const auto known = ids_.find(far);
  const bool fresh = known == ids_.end();
  if (!fresh && Heard(known->second, peer, linked)) return known->second;
  if (hearers_ == limits_.hearers ||
      (fresh && actors_.size() == limits_.actors)) {
    return std::nullopt;
  }
  const auto actor = fresh ? Enter(far) : actors_.find(known->second);
  ++hearers_;
  heard_[peer].emplace(actor->first, linked);
  actor->second.hearers.insert(peer);
  if (actor->second.end.has_value()) {
    questions_.push_back({peer, far});
  }
  return actor->first;
}

// Whether `peer` has heard of the actor before, which may be linked now.
bool RelayedActors::Heard(ActorId id, PeerId peer, bool linked) {
  const auto heard = heard_.find(peer);
  if (heard == heard_.end()) return false;
  const auto pair = heard->second.find(id);
  if (pair == heard->second.end()) return false;
  pair->second |= linked;
  return true;
}

RelayedActors::Actors::iterator RelayedActors::Enter(const FarActor& far) {
  const ActorId id = ChooseId(far);
  ids_.emplace(far, id);
  const auto actor = actors_.emplace(id, Relayed{.far = far}).first;
  if (const auto tomb = tombs_.find(far); tomb != tombs_.end()) {
    actor->second.end = std::move(tomb->second);
    tombs_.erase(tomb);
  }
  return actor;
}

ActorId RelayedActors::ChooseId(const FarActor& far) {
  if (!first_run_.has_value()) first_run_ = far.incarnation;
  if (far.incarnation == first_run_ && far.id.value < kFirstMapped) {
    return {far.id.value};
  }
  return {next_mapped_.value++};
}

const FarActor* RelayedActors::Find(ActorId id) const {
  const auto actor = actors_.find(id);
  if (actor == actors_.end() || actor->second.end.has_value()) return nullptr;
  return &actor->second.far;
}

bool RelayedActors::IsEnding(ActorId id) const {
  const auto actor = actors_.find(id);
  return actor != actors_.end() && actor->second.end.has_value();
}

void RelayedActors::End(const FarActor& far, std::string_view reason) {
  const auto known = ids_.find(far);
  if (known == ids_.end()) return Bury(far, reason);
  const auto actor = actors_.find(known->second);
  if (actor->second.end.has_value()) return;
  actor->second.end = reason;
  for (const PeerId peer : actor->second.hearers) {
    questions_.push_back({peer, far});
  }
  FinishIfSettled(actor);
}

void RelayedActors::Bury(const FarActor& far, std::string_view reason) {
  if (!tombs_.emplace(far, reason).second) return;
  oldest_tombs_.push_back(far);
  if (oldest_tombs_.size() <= kMaxTombstones) return;
  tombs_.erase(oldest_tombs_.front());
  oldest_tombs_.pop_front();
}

void RelayedActors::Begin(const FarActor& far) { tombs_.erase(far); }

void RelayedActors::Drop(const FarActor& far, std::string_view reason) {
  const auto known = ids_.find(far);
  if (known != ids_.end()) Finish(actors_.find(known->second), reason);
}

void RelayedActors::Settle(const FarActor& far, PeerId peer) {
  const auto known = ids_.find(far);
  if (known != ids_.end()) SettleId(known->second, peer);
}

void RelayedActors::SettleId(ActorId id, PeerId peer) {
  const auto actor = actors_.find(id);
  if (actor->second.hearers.erase(peer) == 0) return;
  --hearers_;
  const auto heard = heard_.find(peer);
  heard->second.erase(id);
  if (heard->second.empty()) heard_.erase(heard);
  FinishIfSettled(actor);
}

void RelayedActors::SettleRuns(PeerId peer, Incarnation last) {
  const auto heard = heard_.find(peer);
  if (heard == heard_.end()) return;
  std::vector<ActorId> settled;
  for (const auto& [id, linked] : heard->second) {
    if (actors_.find(id)->second.far.incarnation <= last) settled.push_back(id);
  }
  for (const ActorId id : settled) SettleId(id, peer);
}

void RelayedActors::Forget(PeerId peer) { SettleRuns(peer, {UINT64_MAX}); }

void RelayedActors::Lose(PeerId peer, std::string_view reason) {
  const auto heard = heard_.find(peer);
  if (heard == heard_.end()) return;
  std::vector<ActorId> linked;
  for (const auto& [id, is_linked] : heard->second) {
    if (is_linked) linked.push_back(id);
  }
  for (const ActorId id : linked) Finish(actors_.find(id), reason);
  Forget(peer);
}

void RelayedActors::FinishIfSettled(Actors::iterator actor) {
  const Relayed& relayed = actor->second;
  if (!relayed.end.has_value() || !relayed.hearers.empty()) return;
  Finish(actor, std::string(*relayed.end));
}

void RelayedActors::Finish(Actors::iterator actor, std::string_view reason) {
  ended_.push_back({actor->first, std::string(reason)});
  for (const PeerId peer : actor->second.hearers) {
    const auto heard = heard_.find(peer);
    heard->second.erase(actor->first);
    if (heard->second.empty()) heard_.erase(heard);
  }
  hearers_ -= actor->second.hearers.size();
  ids_.erase(actor->second.far);
  actors_.erase(actor);
}

}  // namespace thespian::gateway::bridge
