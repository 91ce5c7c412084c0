#include "examples/bridge-child/bridge.h"

#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/ascii.h"
#include "endpoint/wire/status_text.h"
#include "examples/stdio/log.h"
#include "fmt/format.h"

namespace thespian::gateway::bridge {
namespace {

using stdio::Log;

// What one turn takes from the inbox before stdin has its turn.
constexpr int kEventsPerTurn = 1'024;
constexpr size_t kMaxEarlyLinks = 1'024;

constexpr char kNoSuchActor[] = "no_such_actor";
constexpr char kTooMany[] = "too_many_actors";

bool IsFull(const absl::Status& status) {
  return absl::IsResourceExhausted(status);
}

// False if there is no room. Another failure is that of a stream that has
// ended, and its end is told.
bool Taken(const absl::Status& status) { return !IsFull(status); }

}  // namespace

Bridge::Bridge(client::Client& far, const std::string& endpoint,
               stdio::Outbox& outbox)
    : far_(far),
      endpoint_(endpoint),
      outbox_(outbox),
      anonymous_(far, endpoint, inbox_),
      watch_(far, endpoint, inbox_) {}

// All at once, so that they end side by side.
Bridge::~Bridge() {
  for (const auto& [peer, delegate] : delegates_) delegate->Cancel();
}

// --- From the near gateway -------------------------------------------------

void Bridge::Handle(const Message& message, stdio::TimePoint /*now*/) {
  if (backlog_.empty() && Do(message)) return TellEnds();
  std::string frame;
  std::visit(
      [&frame](const auto& one) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(one)>,
                                      Unrecognized>) {
          AppendFrame(one, frame);
        }
      },
      message);
  if (!frame.empty()) backlog_.push_back(std::move(frame));
}

void Bridge::DoBacklog() {
  while (!backlog_.empty()) {
    const std::string_view frame = backlog_.front();
    if (!Do(*DecodeMessage(frame.substr(kFrameHeadBytes)))) return;
    backlog_.pop_front();
  }
}

bool Bridge::Do(const Message& message) {
  return std::visit([this](const auto& one) { return Do(one); }, message);
}

bool Bridge::Do(const SendMessage& message) {
  const ActorId id{message.to.value};
  const FarActor* to = relayed_.Find(id);
  if (to == nullptr) return RefuseUnknown(id);
  if (message.from.value == 0) {
    return Taken(anonymous_.Send(*to, message.payload));
  }
  Delegate* delegate = FindOrMake({message.from.value});
  return delegate == nullptr || Taken(delegate->Send(id, *to, message.payload));
}

bool Bridge::RefuseUnknown(ActorId id) {
  if (!relayed_.IsEnding(id)) outbox_.Exit(id, kNoSuchActor);
  return true;
}

bool Bridge::Do(const SendNamedMessage& message) {
  const std::string name(message.name);
  if (message.from.value == 0) {
    return Taken(anonymous_.Send(name, message.payload));
  }
  Delegate* delegate = FindOrMake({message.from.value});
  return delegate == nullptr ||
         Taken(delegate->SendNamed(name, message.payload));
}

bool Bridge::Do(const LinkMessage& message) {
  const ActorId id{message.remote.value};
  const PeerId peer{message.local.value};
  const FarActor* to = relayed_.Find(id);
  if (to == nullptr) return RefuseUnknown(id);
  const FarActor far = *to;
  Delegate* delegate = FindOrMake(peer);
  if (delegate == nullptr || !relayed_.Link(far, peer).has_value()) {
    outbox_.Exit(id, kTooMany);
    return true;
  }
  return Taken(delegate->Link(id, far));
}

bool Bridge::Do(const ExitMessage& message) {
  const PeerId peer{message.local.value};
  Delegate* delegate = Find(peer);
  if (delegate == nullptr) return true;
  relayed_.Forget(peer);
  delegate->Leave(message.reason);
  return true;
}

bool Bridge::Do(const TransportErrorMessage& message) {
  Log(fmt::format("the near gateway gave up: {}", message.reason));
  return true;
}

bool Bridge::Do(const Unrecognized& message) {
  Log(fmt::format("ignored a message: {}", message.why));
  return true;
}

Delegate* Bridge::Find(PeerId peer) {
  const auto delegate = delegates_.find(peer);
  if (delegate == delegates_.end() || delegate->second->leaving()) {
    return nullptr;
  }
  return delegate->second.get();
}

Delegate* Bridge::FindOrMake(PeerId peer) {
  if (const auto known = delegates_.find(peer); known != delegates_.end()) {
    return known->second.get();
  }
  if (delegates_.size() == kMaxDelegates) {
    Log(fmt::format("the actor {} is not represented: there are {} already",
                    peer.value, kMaxDelegates));
    return nullptr;
  }
  return delegates_
      .emplace(peer, std::make_unique<Delegate>(far_, endpoint_, peer, inbox_))
      .first->second.get();
}

// --- From the far gateway --------------------------------------------------

void Bridge::OnWake() {
  FarEvent event;
  for (int i = 0; i < kEventsPerTurn && !outbox_.full() && !over(); ++i) {
    if (!inbox_.Take(event)) break;
    std::visit([this](const auto& one) { On(one); }, event);
    AskQuestions();
    TellEnds();
  }
  if (!inbox_.TookRoom()) return;
  for (const auto& [peer, delegate] : delegates_) delegate->ReadOn();
}

void Bridge::On(const Opened& event) {
  Delegate* delegate = Find(event.peer);
  if (delegate == nullptr) return;
  delegate->set_id(event.id);
  peers_[event.id] = event.peer;
  for (auto link = early_links_.begin(); link != early_links_.end();) {
    if (link->to != event.id) {
      ++link;
      continue;
    }
    TellLinked(link->actor, event.peer);
    link = early_links_.erase(link);
  }
}

void Bridge::On(const Delivered& event) {
  if (Find(event.peer) == nullptr) return;
  std::optional<ActorId> from = ActorId{};
  if (event.from.id.value != 0) from = relayed_.Hear(event.from, event.peer);
  if (from.has_value()) {
    // In the plain dialect every frame has room.
    outbox_.Send(*from, event.peer, event.payload);
    return;
  }
  Log(fmt::format("a message of {} is lost: there are too many actors",
                  event.from.id.value));
}

void Bridge::On(const Exited& event) {
  relayed_.Settle(event.actor, event.peer);
}

void Bridge::On(const RunEnded& event) {
  relayed_.SettleRuns(event.peer, event.last);
}

void Bridge::On(const Answered& event) {
  const auto delegate = delegates_.find(event.peer);
  if (delegate == delegates_.end()) return;
  delegate->second->NoteAnswer();
  if (event.status.ok()) return;
  if (event.command_id == kQuestion) return;  // the run has ended: RunEnded
  if (client::ReasonOf(event.status) == "ACTOR_UNKNOWN") {
    const FarActor* to = relayed_.Find({event.command_id});
    if (to != nullptr) relayed_.Drop(FarActor(*to), kNoSuchActor);
    return;
  }
  Log(fmt::format("the far gateway refused what {} said: {}", event.peer.value,
                  MessageOf(event.status)));
}

void Bridge::On(const HasRoom& /*event*/) { DoBacklog(); }

void Bridge::On(const StreamEnded& event) {
  const auto found = delegates_.find(event.peer);
  if (found == delegates_.end()) return;
  const bool leaving = found->second->leaving();
  peers_.erase(found->second->id());
  delegates_.erase(found);
  if (!leaving && !IsFull(event.status)) {
    return On(GatewayLost{event.status});
  }
  if (!leaving) {
    Log(fmt::format("the actor {} was cut off: {}", event.peer.value,
                    MessageOf(event.status)));
    relayed_.Lose(event.peer,
                  absl::AsciiStrToLower(client::ReasonOf(event.status)));
  }
  DoBacklog();
}

void Bridge::On(const WatchReady& /*event*/) { watching_ = true; }

void Bridge::On(const FarBegan& event) { relayed_.Begin(event.actor); }

void Bridge::On(const FarEnded& event) {
  if (event.released) {
    relayed_.Drop(event.actor, event.reason);
  } else {
    relayed_.End(event.actor, event.reason);
  }
}

void Bridge::On(const FarLinked& event) {
  const auto peer = peers_.find(event.to);
  if (peer != peers_.end()) return TellLinked(event.actor, peer->second);
  early_links_.push_back(event);
  if (early_links_.size() > kMaxEarlyLinks) early_links_.pop_front();
}

void Bridge::TellLinked(const FarActor& actor, PeerId peer) {
  if (Find(peer) == nullptr) return;
  const std::optional<ActorId> id = relayed_.Link(actor, peer);
  if (id.has_value()) outbox_.Link(*id, peer);
}

void Bridge::On(const GatewayLost& event) {
  if (over()) return;
  lost_ = event.status.ok()
              ? absl::UnavailableError("the far gateway ended the watch")
              : event.status;
  outbox_.TransportError(fmt::format("far_gateway_lost: {}", MessageOf(lost_)));
}

void Bridge::AskQuestions() {
  for (const auto& question : relayed_.TakeQuestions()) {
    questions_.push_back(question);
  }
  while (!questions_.empty()) {
    const RelayedActors::Question& question = questions_.front();
    Delegate* delegate = Find(question.peer);
    if (delegate != nullptr && !Taken(delegate->Ask(question.far))) {
      return;  // until there is room
    }
    questions_.pop_front();
  }
}

void Bridge::TellEnds() {
  for (const RelayedActors::Ended& ended : relayed_.TakeEnded()) {
    outbox_.Exit(ended.id, ended.reason);
  }
}

}  // namespace thespian::gateway::bridge
