#include "endpoint/session/dispatcher.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "endpoint/log_fields.h"
#include "endpoint/relay/endpoint_relay.h"
#include "endpoint/session/reasons.h"
#include "endpoint/wire/diagnostic_notation.h"
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

// Of a frame that is not understood, what its line in the log shows.
constexpr size_t kShownBytes = 64;

constexpr size_t kMostToldAlready = 4'096;

std::string EventText(std::string_view text) {
  // What is replaced grows.
  const std::string valid = ToUtf8(CutAtCodePoint(text, kMaxTextBytes));
  return std::string(CutAtCodePoint(valid, kMaxTextBytes));
}

}  // namespace

Dispatcher::Dispatcher(const Deps& deps, EndpointName endpoint,
                       Incarnation incarnation)
    : deps_(deps),
      endpoint_(endpoint),
      incarnation_(incarnation),
      stats_(deps.stats.Get()) {}

absl::Status Dispatcher::OnFrame(std::string_view content, absl::Time now) {
  if (goodbye_.has_value()) return absl::OkStatus();  // nothing follows it
  now_ = now;
  ++stats_.frames;
  ++frames_;
  IdForms forms;
  const absl::StatusOr<Message> message = DecodeMessage(content, &forms);
  if (!message.ok()) return message.status();
  NoteForms(forms);
  if (const auto* unrecognized = std::get_if<Unrecognized>(&*message)) {
    Reject(content.size(), unrecognized->why, content);
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
  ++stats_.frames;
  ++frames_;
  Reject(size, "a frame over the limit of max_frame_bytes");
  return fault_;
}

void Dispatcher::On(const SendMessage& message) {
  if (deps_.dialect.is_thespian && TakeDetailedExit(message)) return;
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
  if (actor == nullptr && to.value != 0) AnswerMissing(to);
}

// A thespian child gets no answer, as that would end the next actor of its
// that answers `to`; but what it waited for may be over now.
void Dispatcher::AnswerMissing(LocalId to) {
  if (!deps_.dialect.is_thespian) return AnswerExit(to);
  const std::optional<HeldExits::Exit> exit = deps_.held.TakeAnswered(to);
  if (exit.has_value()) AppendExit(*exit);
}

bool Dispatcher::TakeDetailedExit(const SendMessage& message) {
  const RemoteId from{message.from.value};
  const LocalId to{message.to.value};
  const std::optional<DetailedExit> exit = ReadDetailedExit(message.payload);
  if (!exit.has_value()) return false;
  if (!deps_.remotes.IsLinked(from, to)) return WasToldAlready(from, to);
  const RemoteActors::Closed closed = deps_.remotes.Close(from);
  for (const LocalId local : closed.linked) {
    if (local != to) told_already_.emplace_back(from, local);
  }
  while (told_already_.size() > kMostToldAlready) told_already_.pop_front();
  EndProxy(from, closed.linked, EventText(exit->reason), CloseCause::kExit,
           exit->details);
  return true;
}

bool Dispatcher::WasToldAlready(RemoteId remote, LocalId local) {
  const auto told = std::find(told_already_.begin(), told_already_.end(),
                              std::pair(remote, local));
  if (told == told_already_.end()) return false;
  told_already_.erase(told);
  return true;
}

void Dispatcher::On(const SendNamedMessage& message) {
  const RemoteId from{message.from.value};
  NoteSpoke(from, /*message=*/true);
  MessageReceived event = {.from = from,
                           .to = EventText(message.name),
                           .size = message.payload.size(),
                           .payload = EventPayload(message.payload)};
  const std::shared_ptr<LocalActor> actor =
      deps_.locals.FindNamed(message.name);
  if (actor == nullptr && deps_.relay != nullptr && deps_.relay->has_routes()) {
    const std::string_view why = deps_.relay->SendToName(
        message.name, {incarnation_, from}, message.payload, mail_);
    return Account(std::move(event), why);
  }
  Deliver(actor, std::move(event), message.payload, kNoSuchNameReason);
}

void Dispatcher::Deliver(const std::shared_ptr<LocalActor>& actor,
                         MessageReceived event, std::string_view payload,
                         std::string_view if_none) {
  std::string_view why = if_none;
  if (actor != nullptr) {
    if (Relay(actor.get(), event, payload)) return;
    const Mailbox::Put put = mail_.Add(actor,
                                       {.kind = MailKind::kDelivery,
                                        .endpoint = endpoint_,
                                        .incarnation = incarnation_,
                                        .remote = event.from},
                                       payload);
    if (put == Mailbox::Put::kFirst || put == Mailbox::Put::kMore) {
      return Account(std::move(event), {});
    }
    if (actor->mailbox().overflowed()) why = kMailboxFullReason;
  }
  Account(std::move(event), why);
}

bool Dispatcher::Relay(const LocalActor* actor, MessageReceived& event,
                       std::string_view payload) {
  const RelayOrigin* to = actor->relayed();
  if (to == nullptr || deps_.relay == nullptr) return false;
  const std::string_view why =
      deps_.relay->SendTo(*to, {incarnation_, event.from}, payload, mail_);
  Account(std::move(event), why);
  return true;
}

void Dispatcher::Account(MessageReceived event, std::string_view why) {
  ++stats_.received;
  if (why.empty()) {
    ++stats_.delivered;
    Tell(std::move(event));
    return;
  }
  ++stats_.undeliverable[std::string(why)];
  Tell(MessageUndeliverable{.message = std::move(event),
                            .reason = std::string(why)});
}

void Dispatcher::On(const LinkMessage& message) {
  const RemoteId remote{message.local.value};
  const LocalId local{message.remote.value};
  NoteSpoke(remote, /*message=*/false);
  const std::shared_ptr<LocalActor> actor = deps_.locals.Find(local);
  if (actor != nullptr && actor->NoteKnownTo(deps_.group)) {
    LinkTo(actor, remote, /*by_remote=*/true);
    return;
  }
  const std::optional<HeldExits::Exit> held = deps_.held.Take(local);
  if (held.has_value()) return AppendExit(*held);
  AnswerExit(local);
}

void Dispatcher::LinkFromClient(const std::shared_ptr<LocalActor>& actor,
                                RemoteId remote, bool told) {
  if (!LinkTo(actor, remote, /*by_remote=*/false) || told) return;
  AppendControl(LinkMessage{{actor->id().value}, {remote.value}});
}

bool Dispatcher::LinkTo(const std::shared_ptr<LocalActor>& actor,
                        RemoteId remote, bool by_remote) {
  const LocalId local = actor->id();
  switch (deps_.remotes.Link(remote, local)) {
    case RemoteActors::Linked::kNew:
      Tell(LinkCreated{
          .remote = remote, .local = local, .by_remote = by_remote});
      if (deps_.relay != nullptr && actor->relayed() != nullptr) {
        deps_.relay->NoteLinked(actor, {incarnation_, remote}, by_remote,
                                mail_);
      }
      return true;
    case RemoteActors::Linked::kAlready:
      return false;
    case RemoteActors::Linked::kGone:
      TellExited(actor, remote, kNoSuchActorReason);
      return false;
  }
  return false;
}

void Dispatcher::EndLocal(const LocalActor& actor) {
  const LocalId local = actor.id();
  last_found_ = nullptr;
  if (deps_.relay != nullptr && actor.relayed() != nullptr) {
    deps_.relay->NoteUnlinked(local);
  }
  const std::string& reason = actor.end_reason();
  const RemoteActors::EndedLocal ended = deps_.remotes.EndLocal(local);
  for (const RemoteId remote : ended.linked) {
    Tell(LinkClosed{.remote = remote, .local = local, .reason = reason});
    FlushIfMany();
  }
  if (!ended.seen) return;
  // A thespian actor that a call is linked to must not end with the call, which
  // is linked only to learn of the actor's end.
  const bool is_call =
      deps_.dialect.is_thespian && actor.mailbox().limits().one_delivery;
  const HeldExits::Exit exit = {
      .local = local, .reason = is_call ? std::string(kNormalReason) : reason};
  const bool awaits_answers = deps_.dialect.is_thespian &&
                              (is_call || ended.linked.empty()) &&
                              !actor.mailbox().answered();
  if (!awaits_answers) return AppendExit(exit);
  HoldExit(exit, is_call ? HeldExits::Replies::kOne : HeldExits::Replies::kAny);
}

void Dispatcher::HoldExit(const HeldExits::Exit& exit,
                          HeldExits::Replies replies) {
  const HeldExits::Held held =
      deps_.held.Hold(exit.local, exit.reason, replies);
  for (const HeldExits::Exit& over : held.over) AppendExit(over);
}

void Dispatcher::ReleaseHeldExits() {
  for (const HeldExits::Exit& exit : deps_.held.TakeDue()) AppendExit(exit);
}

void Dispatcher::TellExited(const std::shared_ptr<LocalActor>& actor,
                            RemoteId remote, std::string_view reason,
                            std::string_view details) {
  std::string text(reason);
  text += details;
  mail_.Add(actor,
            {.kind = MailKind::kExited,
             .endpoint = endpoint_,
             .incarnation = incarnation_,
             .remote = remote,
             .details_size = static_cast<uint32_t>(details.size())},
            text);
}

void Dispatcher::On(const ExitMessage& message) {
  const RemoteId remote{message.local.value};
  const RemoteActors::Closed closed = deps_.remotes.Close(remote);
  if (!closed.was_live) return;  // it never spoke: nobody knows it
  EndProxy(remote, closed.linked, EventText(message.reason), CloseCause::kExit);
}

void Dispatcher::On(const TransportErrorMessage& message) {
  goodbye_ = EventText(message.reason);
}

bool Dispatcher::Release(RemoteId remote, std::string_view reason) {
  const RemoteActors::Closed closed = deps_.remotes.Close(remote);
  if (closed.was_live) {
    EndProxy(remote, closed.linked, reason, CloseCause::kReleased);
  }
  return closed.was_live;
}

void Dispatcher::ReleaseIdle(absl::Time since) {
  for (const RemoteId remote :
       deps_.remotes.IdleSince(since, kMostReleasedAtOnce)) {
    Release(remote, kIdleReason);
  }
}

void Dispatcher::Leave(std::string_view reason, const absl::Status& refusal) {
  for (const HeldExits::Exit& exit : deps_.held.TakeAll()) AppendExit(exit);
  for (const LocalId local : deps_.remotes.TakeSeen()) {
    AppendExit({local, std::string(kTransportClosedReason)});
  }
  AppendControl(TransportErrorMessage{reason});
  deps_.writer.Finish(std::exchange(controls_, {}),
                      std::exchange(control_frames_, 0), refusal);
  Flush();
}

void Dispatcher::CloseAll() {
  for (const RemoteActors::ClosedProxy& closed : deps_.remotes.CloseAll()) {
    EndProxy(closed.id, closed.linked, kTransportClosedReason,
             CloseCause::kTransportClosed);
    FlushIfMany();
  }
  if (deps_.relay != nullptr) deps_.relay->ForgetLinks();
}

void Dispatcher::EndProxy(RemoteId remote, const RemoteActors::Locals& linked,
                          std::string_view reason, CloseCause cause,
                          std::string_view details) {
  for (const LocalId local : linked) {
    Tell(LinkClosed{
        .remote = remote, .local = local, .reason = std::string(reason)});
    const std::shared_ptr<LocalActor> actor = deps_.locals.Find(local);
    if (actor != nullptr) TellExited(actor, remote, reason, details);
    FlushIfMany();
  }
  if (deps_.relay != nullptr && deps_.relay->speaks()) {
    deps_.relay->EndSpeaker({incarnation_, remote}, reason, mail_);
  }
  ++stats_.proxies_closed;
  Tell(ProxyClosed{
      .remote = remote, .reason = std::string(reason), .cause = cause});
}

// Most of what one read brings is often for one actor.
const std::shared_ptr<LocalActor>& Dispatcher::FindLocal(LocalId id) {
  if (last_found_ == nullptr || last_found_->id() != id) {
    last_found_ = deps_.locals.Find(id);
  }
  return last_found_;
}

void Dispatcher::NoteSpoke(RemoteId remote, bool message) {
  if (remote.value == 0) return;
  if (!deps_.remotes.NoteSpoke(remote, message, now_)) return;
  ++stats_.proxies_created;
  Tell(ProxyCreated{.remote = remote});
  if (deps_.max_proxies > 0 && deps_.remotes.live() > deps_.max_proxies) {
    Release(deps_.remotes.PickVictim(remote), kTooManyReason);
  }
}

void Dispatcher::AnswerExit(LocalId local) {
  // One that the child knows has just ended: its own exit is under way.
  if (deps_.remotes.Knows(local)) return;
  std::string frame;
  AppendFrame(ExitMessage{.local = {local.value}, .reason = kNoSuchActorReason},
              frame, deps_.dialect.ids);
  deps_.writer.WriteAnswer(std::move(frame));
}

void Dispatcher::NoteForms(const IdForms& forms) {
  const bool tagged = deps_.dialect.ids == IdForm::kTagged;
  if (forms.misplaced) ++stats_.misplaced_tags;
  if (forms.misplaced && !std::exchange(warned_of_tags_, true)) {
    Warn(
        "the child writes RPID as the tag of its own actors' ids, or LPID as "
        "that of others'",
        "the first id of a message is [\"LPID\", id], the second [\"RPID\", "
        "id]");
  }
  const bool other_form = tagged ? forms.plain : forms.tagged;
  if (!other_form || std::exchange(warned_of_form_, true)) return;
  if (tagged) {
    Warn("the child writes ids as integers, but is written to with tagged ids",
         "--dialect plain is for children written for the gateway, --dialect "
         "thespian-seed for thespian of April 2026");
  } else {
    Warn("the child writes tagged ids, but is written to with integers",
         "--dialect thespian is for thespian processes, --dialect thespian-16k "
         "for those with frames of up to 16 KiB");
  }
}

void Dispatcher::Warn(std::string_view text, std::string_view hint) {
  const LogScope scope({.endpoint = *endpoint_, .incarnation = incarnation_});
  deps_.log.warn("endpoint {}: {} (dialect '{}'): {}", *endpoint_, text,
                 deps_.dialect.name, hint);
  hints_.push_back(fmt::format("{}: {}", text, hint));
  Tell(ProtocolWarning{.text = std::string(text), .hint = std::string(hint)});
}

void Dispatcher::Reject(uint64_t size, std::string_view why,
                        std::string_view shown) {
  ++stats_.skipped;
  ++stats_.skipped_by_reason[std::string(why)];
  const auto held_back = reject_log_.Admit(deps_.clock.Steady());
  if (held_back.has_value()) {
    const LogScope scope({.endpoint = *endpoint_, .incarnation = incarnation_});
    deps_.log.warn(
        "endpoint {}: a frame of {} bytes was skipped: {}{}{}{}", *endpoint_,
        size, why, shown.empty() ? "" : "; it begins with ",
        shown.empty() ? "" : ToDiagnosticNotation(shown.substr(0, kShownBytes)),
        *held_back == 0
            ? ""
            : fmt::format(" ({} more since the last such line)", *held_back));
  }
  if (deps_.strict) {
    fault_ = absl::DataLossError(
        fmt::format("a frame was not understood (strict): {}", why));
  }
  Tell(FrameRejected{.size = size, .reason = std::string(why)});
}

std::string Dispatcher::EventPayload(std::string_view payload) const {
  if (!deps_.journal.payloads_wanted()) return {};
  return std::string(payload.substr(0, kEventPayloadBytes));
}

void Dispatcher::FlushIfMany() {
  if (events_.size() >= kMostEventsHeld) Flush();
}

void Dispatcher::Flush() {
  deps_.stats.Set(stats_);
  const EventJournal::Wakeup wakeup = deps_.journal.Append(events_);
  mail_.Flush();
  last_found_ = nullptr;
  if (controls_.empty()) return;
  deps_.writer.WriteControls(std::exchange(controls_, {}),
                             std::exchange(control_frames_, 0));
}

}  // namespace thespian::gateway
