#include "endpoint/relay/relay_lane.h"

#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "endpoint/error.h"
#include "endpoint/relay/endpoint_relay.h"
#include "endpoint/session/reasons.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

absl::Status GoneError(const std::string& endpoint) {
  return MakeError(ErrorReason::kEndpointDown,
                   fmt::format("endpoint '{}' is gone", endpoint));
}

bool IsQueueFull(const absl::Status& status) {
  return ReasonOf(status) == ErrorReason::kQueueFull;
}

// An id is of one run, and that is not the one that begins.
bool MayStillBeTaken(const Outgoing& message, const absl::Status& status,
                     const SessionSender* target) {
  return message.incarnation.value == 0 &&
         ReasonOf(status) == ErrorReason::kEndpointDown && target != nullptr &&
         target->ComesUp();
}

// As the reasons of undeliverable messages are written.
std::string ReasonText(const absl::Status& status) {
  std::string text(
      ReasonName(ReasonOf(status).value_or(ErrorReason::kEndpointDown)));
  absl::AsciiStrToLower(&text);
  return text;
}

}  // namespace

RelayLane::RelayLane(EndpointRelay& owner, Relays& relays, EndpointName from,
                     const std::shared_ptr<SessionSender>& target,
                     std::shared_ptr<LoopThread> loop)
    : LocalActor(relays.deps().mailbox),
      owner_(owner),
      deps_(relays.deps()),
      target_(target),
      to_(target->facts().name),
      group_(target->facts().group),
      loop_(std::move(loop)),
      stats_(relays.StatsOf(from, to_)) {}

MailHead RelayLane::ToActor(LocalId speaker, const RelayOrigin& to) {
  return {.kind = MailKind::kDelivery,
          .endpoint = to.endpoint,
          .incarnation = to.incarnation,
          .remote = to.remote,
          .local = speaker};
}

MailHead RelayLane::ToName(LocalId speaker, std::string_view name) {
  return {.kind = MailKind::kDelivery,
          .details_size = static_cast<uint32_t>(name.size()),
          .local = speaker};
}

MailHead RelayLane::LinkOf(LocalId actor, const RelayOrigin& to) {
  MailHead head = ToActor(actor, to);
  head.kind = MailKind::kLink;
  return head;
}

MailHead RelayLane::EndOf(LocalId actor) {
  return {.kind = MailKind::kExited, .local = actor};
}

void RelayLane::Adopt(const std::shared_ptr<RelayedActor>& actor) {
  actor->NoteKnownTo(group_);
  relayed_.emplace(actor->id(), actor);
}

void RelayLane::NoteLinked(const std::shared_ptr<RelayedActor>& actor) {
  linked_.emplace(actor->id(), actor);
}

// --- What waits goes on ----------------------------------------------------

void RelayLane::Run() {
  if (ended_) return;
  if (mailbox().overflowed()) return End(kMailboxFullReason);
  if (!awaits_room_) GoOn();
}

void RelayLane::GoOn() {
  const std::shared_ptr<SessionSender> target = target_.lock();
  do {
    for (; next_ < mail_.size(); ++next_) {
      if (!Do(next_, target.get())) return AwaitRoom(*target);
    }
    if (!Submit(target.get())) return AwaitRoom(*target);
    mailbox().Hold(0, 0);
    next_ = 0;
  } while (mailbox().Take(mail_));
}

bool RelayLane::Do(size_t i, SessionSender* target) {
  const MailHead& head = mail_.head(i);
  switch (head.kind) {
    case MailKind::kDelivery:
      return Send(head, mail_.text(i), target);
    case MailKind::kLink:
      return Link(head, target);
    case MailKind::kExited:
      if (!Submit(target)) return false;
      EndActor(head.local, mail_.text(i));
      return true;
    case MailKind::kEndpointChanged:
      return true;
  }
  return true;
}

bool RelayLane::Send(const MailHead& head, std::string_view text,
                     SessionSender* target) {
  if (batch_.has_value() && batch_->bytes() >= kFullBatchBytes &&
      !Submit(target)) {
    return false;
  }
  const size_t payload_size = text.size() - head.details_size;
  Outgoing message = {.from = head.local,
                      .to = head.remote,
                      .incarnation = head.incarnation,
                      .payload = text.substr(0, payload_size),
                      .attached = head.local.value != 0};
  if (head.details_size > 0) message.to = text.substr(payload_size);
  if (!batch_.has_value()) batch_.emplace(LocalId{});
  const absl::Status status =
      target == nullptr ? GoneError(*to_) : target->Add(message, *batch_);
  if (MayStillBeTaken(message, status, target)) return false;
  if (!status.ok()) Refuse(message, status);
  return true;
}

void RelayLane::Refuse(const Outgoing& message, const absl::Status& why) {
  const std::string reason = ReasonText(why);
  stats_->CountRefused(reason);
  MessageSent sent = {.from = message.from, .size = message.payload.size()};
  if (const auto* to_name = std::get_if<std::string_view>(&message.to)) {
    sent.to = std::string(*to_name);
  } else {
    sent.to = std::get<RemoteId>(message.to);
  }
  const EventJournal::Wakeup wakeup =
      deps_.journal.Append({.endpoint = to_,
                            .incarnation = message.incarnation,
                            .body = MessageUndeliverable{
                                .message = std::move(sent), .reason = reason}});
}

// A link that B refuses is one to an incarnation that has ended: then so do all
// relayed actors that stand for its actors, and A is told of that.
bool RelayLane::Link(const MailHead& head, SessionSender* target) {
  if (!Submit(target)) return false;
  const auto actor = relayed_.find(head.local);
  if (actor == relayed_.end() || target == nullptr) return true;
  return !IsQueueFull(
      target->Link(actor->second, head.remote, head.incarnation));
}

bool RelayLane::Submit(SessionSender* target) {
  if (!batch_.has_value() || batch_->empty()) return true;
  const size_t messages = batch_->frames();
  FrameWriter::Done done = [](const absl::Status&, size_t) {};
  const absl::Status status = target == nullptr
                                  ? GoneError(*to_)
                                  : target->Submit(*batch_, done).status();
  if (IsQueueFull(status)) return false;
  if (status.ok()) {
    stats_->CountOut(messages);
  } else {
    stats_->CountDropped(messages);
  }
  batch_.reset();
  return true;
}

void RelayLane::AwaitRoom(SessionSender& target) {
  awaits_room_ = true;
  mailbox().Hold(mail_.size() - next_, mail_.bytes_from(next_));
  target.WhenRoom([lane = shared_from_this()] {
    lane->loop_->Post([lane] { lane->OnRoom(); });
  });
}

void RelayLane::OnRoom() {
  awaits_room_ = false;
  Run();
}

// --- Ends ------------------------------------------------------------------

void RelayLane::EndActor(LocalId id, std::string_view reason) {
  const auto it = relayed_.find(id);
  if (it == relayed_.end()) return;
  const std::shared_ptr<RelayedActor> actor = std::move(it->second);
  relayed_.erase(it);
  deps_.host.EndActor(actor, std::string(reason));
}

void RelayLane::End(std::string_view reason) {
  if (std::exchange(ended_, true)) return;
  const std::shared_ptr<RelayLane> self = shared_from_this();
  mailbox().Close();
  owner_.Forget(*this);
  if (batch_.has_value()) stats_->CountDropped(batch_->frames());
  batch_.reset();
  Drop(std::exchange(mail_, {}), std::exchange(next_, 0));
  Mail rest;
  mailbox().Take(rest);
  Drop(rest, 0);
  mailbox().Hold(0, 0);
  while (!relayed_.empty()) EndActor(relayed_.begin()->first, reason);
  for (const auto& [id, actor] : linked_) actor->AskToEnd(std::string(reason));
  linked_.clear();
}

void RelayLane::Drop(const Mail& mail, size_t from) {
  for (size_t i = from; i < mail.size(); ++i) {
    const MailHead& head = mail.head(i);
    if (head.kind == MailKind::kDelivery) stats_->CountDropped(1);
    if (head.kind == MailKind::kExited) EndActor(head.local, mail.text(i));
  }
}

}  // namespace thespian::gateway
