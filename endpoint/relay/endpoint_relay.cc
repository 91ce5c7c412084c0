#include "endpoint/relay/endpoint_relay.h"

#include <algorithm>
#include <vector>

#include "endpoint/session/reasons.h"
#include "endpoint/session/session_sender.h"

namespace thespian::gateway {
namespace {

// So many incarnations are known by the lanes that lead to them.
constexpr size_t kMostKnown = 1'024;

bool IsIn(Mailbox::Put put) {
  return put == Mailbox::Put::kFirst || put == Mailbox::Put::kMore;
}

}  // namespace

RelayedActor::RelayedActor(const RelayOrigin& origin, EndpointName to,
                           EndpointRelay& owner,
                           std::shared_ptr<LoopThread> loop)
    : LocalActor(origin), to_(to), owner_(owner), loop_(std::move(loop)) {
  mailbox().Close();
}

void RelayedActor::AskToEnd(std::string reason) {
  loop_->Post([actor = shared_from_this(), reason = std::move(reason)] {
    actor->owner_.EndOne(*actor, reason);
  });
}

// --- Messages --------------------------------------------------------------

std::string_view EndpointRelay::SendTo(const RelayOrigin& to,
                                       const Speaker& from,
                                       std::string_view payload,
                                       DeliveryBatch& mail) {
  const SharedLane lane = LaneOf(to);
  if (lane == nullptr) return kEndpointDownReason;
  return Put(from, lane, RelayLane::ToActor({}, to), payload, mail);
}

std::string_view EndpointRelay::SendToName(std::string_view name,
                                           const Speaker& from,
                                           std::string_view payload,
                                           DeliveryBatch& mail) {
  const std::string* pool = deps_.routes.Find(name);
  if (pool == nullptr) return kNoSuchNameReason;
  const std::shared_ptr<SessionSender> target =
      deps_.relays.deps().host.FindMember(*pool, [&] { return KeyOf(from); });
  if (target == nullptr) return kEndpointDownReason;
  text_.assign(payload).append(name);
  return Put(from, LaneTo(target), RelayLane::ToName({}, name), text_, mail);
}

std::string_view EndpointRelay::Put(const Speaker& from, const SharedLane& lane,
                                    MailHead head, std::string_view text,
                                    DeliveryBatch& mail) {
  if (!FindOrOpen(from, lane, head.local)) return kTooManyActorsReason;
  if (!IsIn(mail.Add(lane, head, text))) return kMailboxFullReason;
  lane->CountIn();
  return {};
}

// --- Tables ----------------------------------------------------------------

EndpointRelay::SharedLane EndpointRelay::LaneOf(const RelayOrigin& to) {
  const std::pair key(to.endpoint, to.incarnation);
  const auto known = known_.find(key);
  if (known != known_.end()) return known->second;
  const std::shared_ptr<SessionSender> target =
      deps_.relays.deps().host.FindIncarnation(*to.endpoint, to.incarnation);
  if (target == nullptr) return nullptr;
  SharedLane lane = LaneTo(target);
  if (known_.size() >= kMostKnown) known_.clear();
  known_.emplace(key, lane);
  return lane;
}

EndpointRelay::SharedLane EndpointRelay::LaneTo(
    const std::shared_ptr<SessionSender>& target) {
  const auto it = lanes_.find(target.get());
  // Another one may have been made where one that is gone was.
  if (it != lanes_.end() && it->second->target() == target) return it->second;
  EndLanesToNobody();
  auto lane = std::make_shared<RelayLane>(*this, deps_.relays, deps_.endpoint,
                                          target, deps_.loop);
  lanes_.emplace(target.get(), lane);
  return lane;
}

void EndpointRelay::EndLanesToNobody() {
  std::vector<SharedLane> ended;
  for (const auto& [target, lane] : lanes_) {
    if (lane->target() == nullptr) ended.push_back(lane);
  }
  for (const SharedLane& lane : ended) lane->End(kTransportClosedReason);
}

bool EndpointRelay::waits() const {
  return std::any_of(lanes_.begin(), lanes_.end(),
                     [](const auto& lane) { return lane.second->waits(); });
}

LocalId EndpointRelay::KeyOf(const Speaker& speaker) {
  if (speaker.remote.value == 0) return {};
  LocalId& key = senders_[speaker].key;
  if (key.value == 0) key = deps_.relays.deps().locals.MintId();
  return key;
}

bool EndpointRelay::FindOrOpen(const Speaker& speaker, const SharedLane& lane,
                               LocalId& id) {
  if (speaker.remote.value == 0) return true;
  Sender& sender = senders_[speaker];
  for (const Relayed& relayed : sender.relayed) {
    if (relayed.lane != lane) continue;
    id = relayed.actor->id();
    return true;
  }
  const RelayOrigin origin = {.endpoint = deps_.endpoint,
                              .incarnation = speaker.incarnation,
                              .remote = speaker.remote};
  auto actor =
      std::make_shared<RelayedActor>(origin, lane->to(), *this, deps_.loop);
  if (!deps_.relays.deps().locals.Open(actor, /*name=*/{}).ok()) {
    DropIfEmpty(speaker);
    return false;
  }
  id = actor->id();
  lane->Adopt(actor);
  sender.relayed.push_back({lane, std::move(actor)});
  return true;
}

void EndpointRelay::DropIfEmpty(const Speaker& speaker) {
  const auto it = senders_.find(speaker);
  if (it == senders_.end() || !it->second.relayed.empty()) return;
  const LocalId key = it->second.key;
  senders_.erase(it);
  if (key.value != 0) deps_.relays.deps().host.ForgetSender(key);
}

// --- Links -----------------------------------------------------------------

void EndpointRelay::NoteLinked(const std::shared_ptr<LocalActor>& to,
                               const Speaker& from, bool by_remote,
                               DeliveryBatch& mail) {
  const SharedLane lane = LaneOf(*to->relayed());
  if (lane == nullptr) return;  // it ends now, and `from` will be told
  const auto actor = std::static_pointer_cast<RelayedActor>(to);
  lane->NoteLinked(actor);
  if (!by_remote) return;
  MailHead head = RelayLane::LinkOf({}, *to->relayed());
  if (!FindOrOpen(from, lane, head.local)) {
    return actor->AskToEnd(std::string(kTooManyActorsReason));
  }
  mail.Add(lane, head, {});
}

void EndpointRelay::NoteUnlinked(LocalId id) {
  for (const auto& [target, lane] : lanes_) lane->NoteUnlinked(id);
}

void EndpointRelay::ForgetLinks() {
  for (const auto& [target, lane] : lanes_) lane->ForgetLinks();
}

// --- Ends ------------------------------------------------------------------

// One that the mailbox has no room for ends with its lane.
void EndpointRelay::EndSpeaker(const Speaker& speaker, std::string_view reason,
                               DeliveryBatch& mail) {
  const auto it = senders_.find(speaker);
  if (it == senders_.end()) return;
  auto& all = it->second.relayed;
  const auto ends = [&](const Relayed& relayed) {
    const MailHead head = RelayLane::EndOf(relayed.actor->id());
    return IsIn(mail.Add(relayed.lane, head, reason));
  };
  all.erase(std::remove_if(all.begin(), all.end(), ends), all.end());
  DropIfEmpty(speaker);
}

void EndpointRelay::EndOne(const RelayedActor& actor, std::string_view reason) {
  const Speaker speaker = {actor.relayed()->incarnation,
                           actor.relayed()->remote};
  const auto it = senders_.find(speaker);
  if (it == senders_.end()) return;
  auto& all = it->second.relayed;
  const auto found = std::find_if(
      all.begin(), all.end(),
      [&](const Relayed& relayed) { return relayed.actor.get() == &actor; });
  if (found == all.end()) return;
  const SharedLane lane = found->lane;
  if (IsIn(lane->mailbox().Add(RelayLane::EndOf(actor.id()), reason))) {
    all.erase(found);
    DropIfEmpty(speaker);
  }
  lane->OnMail();
}

void EndpointRelay::Forget(const RelayLane& lane) {
  absl::erase_if(
      known_, [&](const auto& entry) { return entry.second.get() == &lane; });
  absl::erase_if(
      lanes_, [&](const auto& entry) { return entry.second.get() == &lane; });
  std::vector<Speaker> empty;
  for (auto& [speaker, sender] : senders_) {
    auto& all = sender.relayed;
    all.erase(
        std::remove_if(all.begin(), all.end(),
                       [&](const Relayed& r) { return r.lane.get() == &lane; }),
        all.end());
    if (all.empty()) empty.push_back(speaker);
  }
  for (const Speaker& speaker : empty) DropIfEmpty(speaker);
}

void EndpointRelay::EndAll() {
  while (!lanes_.empty()) {
    const SharedLane lane = lanes_.begin()->second;
    lane->End(kTransportClosedReason);
  }
}

}  // namespace thespian::gateway
