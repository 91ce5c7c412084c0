#include "endpoint/dispatcher.h"

#include <utility>
#include <variant>

#include "endpoint/wire/text.h"
#include "fmt/format.h"

namespace thespian::gateway {

namespace {

// What one round of the idle timer drops; the next goes on.
constexpr size_t kMostReleasedAtOnce = 10'000;

// What the end of all proxies holds back at a time.
constexpr size_t kMostEventsHeld = 10'000;

// A child's names and reasons are as long as its frames; what is kept of them
// is not.
constexpr size_t kMaxTextBytes = 1'024;

std::string EventText(std::string_view text) {
  return ToUtf8(text.substr(0, kMaxTextBytes));
}

}  // namespace

Dispatcher::Dispatcher(const Surroundings& surroundings, EndpointName endpoint,
                       Incarnation incarnation)
    : with_(surroundings),
      endpoint_(endpoint),
      incarnation_(incarnation),
      tally_(surroundings.figures.Get()) {}

absl::Status Dispatcher::OnFrame(std::string_view content, absl::Time now) {
  if (goodbye_.has_value()) return absl::OkStatus();  // nothing follows it
  now_ = now;
  ++tally_.frames;
  const absl::StatusOr<Message> message = DecodeMessage(content);
  if (!message.ok()) return message.status();
  if (const auto* unrecognized = std::get_if<Unrecognized>(&*message)) {
    Reject(content.size(), unrecognized->why);
    return fault_;
  }
  std::visit(
      [this](const auto& m) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(m)>,
                                      Unrecognized>) {
          On(m);
        }
      },
      *message);
  return fault_;
}

absl::Status Dispatcher::OnSkippedFrame(uint64_t size) {
  ++tally_.frames;
  Reject(size, "a frame over the limit of max_frame_bytes");
  return fault_;
}

void Dispatcher::On(const SendMessage& message) {
  const RemoteId from{message.from.value};
  const LocalId to{message.to.value};
  NoteSpoke(from, /*message=*/true);
  const std::shared_ptr<LocalActor>& actor = FindLocal(to);
  Deliver(actor,
          {.from = from,
           .to = to,
           .size = message.payload.size(),
           .payload = EventPayload(message.payload)},
          message.payload, kNoSuchActorReason);
  if (actor == nullptr && to.value != 0) AnswerExit(to);
}

void Dispatcher::On(const SendNamedMessage& message) {
  const RemoteId from{message.from.value};
  NoteSpoke(from, /*message=*/true);
  Deliver(with_.locals.FindNamed(message.name),
          {.from = from,
           .to = EventText(message.name),
           .size = message.payload.size(),
           .payload = EventPayload(message.payload)},
          message.payload, kNoSuchNameReason);
}

void Dispatcher::Deliver(const std::shared_ptr<LocalActor>& actor,
                         MessageReceived event, std::string_view payload,
                         std::string_view if_none) {
  ++tally_.received;
  std::string_view why = if_none;
  if (actor != nullptr) {
    const Mailbox::Put put = mail_.Add(actor,
                                       {.kind = MailKind::kDelivery,
                                        .endpoint = endpoint_,
                                        .incarnation = incarnation_,
                                        .remote = event.from},
                                       payload);
    if (put == Mailbox::Put::kFirst || put == Mailbox::Put::kMore) {
      ++tally_.delivered;
      Tell(std::move(event));
      return;
    }
    if (actor->mailbox().overflowed()) why = kMailboxFullReason;
  }
  ++tally_.undeliverable[std::string(why)];
  Tell(MessageUndeliverable{.message = std::move(event),
                            .reason = std::string(why)});
}

void Dispatcher::On(const LinkMessage& message) {
  const RemoteId remote{message.local.value};
  const LocalId local{message.remote.value};
  if (remote.value == 0 || local.value == 0) {
    return Reject(0, "a link with id 0");
  }
  NoteSpoke(remote, /*message=*/false);
  const std::shared_ptr<LocalActor> actor = with_.locals.Find(local);
  if (actor == nullptr) return AnswerExit(local);
  LinkTo(actor, remote, /*by_remote=*/true);
}

void Dispatcher::LinkFromClient(const std::shared_ptr<LocalActor>& actor,
                                RemoteId remote, bool told) {
  if (!LinkTo(actor, remote, /*by_remote=*/false) || told) return;
  AppendControl(LinkMessage{{actor->id().value}, {remote.value}});
}

bool Dispatcher::LinkTo(const std::shared_ptr<LocalActor>& actor,
                        RemoteId remote, bool by_remote) {
  const LocalId local = actor->id();
  switch (with_.remotes.Link(remote, local)) {
    case RemoteActors::Linked::kNew:
      Tell(LinkCreated{
          .remote = remote, .local = local, .by_remote = by_remote});
      return true;
    case RemoteActors::Linked::kAlready:
      return false;
    case RemoteActors::Linked::kGone:
      TellExited(actor, remote, kNoSuchActorReason);
      return false;
  }
  return false;
}

void Dispatcher::ForgetLocal(const LocalActor& actor) {
  const LocalId local = actor.id();
  last_found_ = nullptr;
  const std::string& reason = actor.end_reason();
  const RemoteActors::Forgotten forgotten = with_.remotes.Forget(local);
  for (const RemoteId remote : forgotten.linked) {
    Tell(LinkClosed{.remote = remote, .local = local, .reason = reason});
  }
  if (!forgotten.seen) return;
  AppendControl(ExitMessage{.local = {local.value}, .reason = reason});
}

void Dispatcher::TellExited(const std::shared_ptr<LocalActor>& actor,
                            RemoteId remote, std::string_view reason) {
  mail_.Add(actor,
            {.kind = MailKind::kExited,
             .endpoint = endpoint_,
             .incarnation = incarnation_,
             .remote = remote},
            reason);
}

void Dispatcher::On(const ExitMessage& message) {
  const RemoteId remote{message.local.value};
  const RemoteActors::Closed closed = with_.remotes.Close(remote);
  if (!closed.was_live) return;  // it never spoke: nobody knows it
  EndProxy(remote, closed.linked, EventText(message.reason), CloseCause::kExit);
}

void Dispatcher::On(const TransportErrorMessage& message) {
  goodbye_ = EventText(message.reason);
}

bool Dispatcher::Release(RemoteId remote, std::string_view reason) {
  const RemoteActors::Closed closed = with_.remotes.Close(remote);
  if (closed.was_live) {
    EndProxy(remote, closed.linked, reason, CloseCause::kReleased);
  }
  return closed.was_live;
}

void Dispatcher::ReleaseIdle(absl::Time since) {
  for (const RemoteId remote :
       with_.remotes.IdleSince(since, kMostReleasedAtOnce)) {
    Release(remote, kIdleReason);
  }
}

void Dispatcher::CloseAll() {
  for (const RemoteActors::ClosedProxy& closed : with_.remotes.CloseAll()) {
    EndProxy(closed.id, closed.linked, kTransportClosedReason,
             CloseCause::kTransportClosed);
    if (events_.size() >= kMostEventsHeld) Flush();
  }
}

void Dispatcher::EndProxy(RemoteId remote, const RemoteActors::Locals& linked,
                          std::string_view reason, CloseCause cause) {
  for (const LocalId local : linked) {
    Tell(LinkClosed{
        .remote = remote, .local = local, .reason = std::string(reason)});
    const std::shared_ptr<LocalActor> actor = with_.locals.Find(local);
    if (actor != nullptr) TellExited(actor, remote, reason);
  }
  ++tally_.proxies_closed;
  Tell(ProxyClosed{
      .remote = remote, .reason = std::string(reason), .cause = cause});
}

// Most of what one read brings is often for one actor.
const std::shared_ptr<LocalActor>& Dispatcher::FindLocal(LocalId id) {
  if (last_found_ == nullptr || last_found_->id() != id) {
    last_found_ = with_.locals.Find(id);
  }
  return last_found_;
}

void Dispatcher::NoteSpoke(RemoteId remote, bool message) {
  if (remote.value == 0) return;
  if (!with_.remotes.NoteSpoke(remote, message, now_)) return;
  ++tally_.proxies_created;
  Tell(ProxyCreated{.remote = remote});
  if (with_.max_proxies > 0 && with_.remotes.live() > with_.max_proxies) {
    Release(with_.remotes.PickVictim(remote), kTooManyReason);
  }
}

void Dispatcher::AnswerExit(LocalId local) {
  // One that the child knows has just ended: its own exit is under way.
  if (with_.remotes.Knows(local)) return;
  std::string frame;
  AppendFrame(ExitMessage{.local = {local.value}, .reason = kNoSuchActorReason},
              frame);
  with_.writer.WriteAnswer(std::move(frame));
}

void Dispatcher::Reject(uint64_t size, std::string_view why) {
  ++tally_.skipped;
  if (with_.strict) {
    fault_ = absl::DataLossError(
        fmt::format("a frame was not understood (strict): {}", why));
  }
  Tell(FrameRejected{.size = size, .reason = std::string(why)});
}

std::string Dispatcher::EventPayload(std::string_view payload) const {
  if (!with_.journal.payloads_wanted()) return {};
  return std::string(payload.substr(0, kEventPayloadBytes));
}

void Dispatcher::Flush() {
  with_.figures.Set(tally_);
  with_.journal.Append(events_);
  mail_.Flush();
  last_found_ = nullptr;
  if (controls_.empty()) return;
  with_.writer.WriteControls(std::exchange(controls_, {}),
                             std::exchange(control_frames_, 0));
}

}  // namespace thespian::gateway
