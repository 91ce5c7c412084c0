#include "endpoint/session/session_sender.h"

#include <utility>
#include <variant>

#include "endpoint/actors/delivery_batch.h"
#include "endpoint/check.h"
#include "endpoint/error.h"
#include "endpoint/loop/loop_thread.h"
#include "endpoint/session/end_notices.h"
#include "endpoint/session/reasons.h"
#include "endpoint/session/session.h"
#include "endpoint/status_board.h"
#include "endpoint/wire/message.h"

namespace thespian::gateway {
namespace {

// The link came too late: the child's stream has ended meanwhile.
void TellTransportClosed(const std::shared_ptr<LocalActor>& actor,
                         EndpointName endpoint, Incarnation incarnation,
                         RemoteId remote) {
  DeliveryBatch round;
  round.Add(actor,
            {.kind = MailKind::kExited,
             .endpoint = endpoint,
             .incarnation = incarnation,
             .remote = remote},
            kTransportClosedReason);
  round.Flush();
}

}  // namespace

// --- Messages --------------------------------------------------------------

absl::Status SessionSender::Add(const Outgoing& message, FrameBatch& batch) {
  absl::Status status = rules_.Check(message);
  if (!status.ok()) return status;
  std::shared_ptr<Session> first;  // the session, if the batch has none yet
  if (batch.session_ == nullptr) {
    absl::StatusOr<std::shared_ptr<Session>> current = deps_.board.Current();
    if (!current.ok()) return current.status();
    first = *std::move(current);
  }
  Session& session = first != nullptr ? *first : *batch.session_;
  status = rules_.CheckIncarnation(session.incarnation(), message.incarnation);
  const Outgoing signed_message = Sign(message);
  if (status.ok()) {
    status = AppendMessage(signed_message, session, batch.bytes_);
  }
  if (!status.ok()) return status;
  if (first != nullptr) {
    batch.incarnation_ = first->incarnation();
    batch.session_ = std::move(first);
    batch.ReserveBytes();
  }
  if (signed_message.from != message.from) {
    batch.minted_.push_back(signed_message.from);
  }
  if (message.from != batch.from_ && message.from.value != 0) {
    batch.others_.push_back(message.from);
  }
  if (const auto* to_id = std::get_if<RemoteId>(&message.to)) {
    batch.remotes_.push_back(*to_id);
  }
  ++batch.frames_;
  batch.events_.push_back({.endpoint = deps_.facts.name,
                           .incarnation = batch.incarnation_,
                           .body = SentEvent(signed_message)});
  return absl::OkStatus();
}

absl::Status SessionSender::AppendMessage(const Outgoing& message,
                                          Session& session,
                                          std::string& bytes) const {
  const size_t start = bytes.size();
  const WriterId from{message.from.value};
  const IdForm ids = deps_.facts.dialect.ids;
  size_t size = 0;
  const auto* to_id = std::get_if<RemoteId>(&message.to);
  if (to_id == nullptr) {
    size = AppendFrame(
        SendNamedMessage{.from = from,
                         .name = std::get<std::string_view>(message.to),
                         .payload = message.payload},
        bytes, ids);
  } else {
    size = AppendFrame(
        SendMessage{
            .from = from, .to = {to_id->value}, .payload = message.payload},
        bytes, ids);
  }
  absl::Status status = rules_.CheckFrame(size);
  if (status.ok() && to_id != nullptr && !session.remotes().IsLive(*to_id)) {
    status = rules_.ActorUnknownError("to_id", *to_id, session.incarnation());
  }
  if (!status.ok()) bytes.resize(start);
  return status;
}

// An answer to id 0 ends a thespian child.
Outgoing SessionSender::Sign(const Outgoing& message) const {
  Outgoing with_sender = message;
  if (deps_.facts.dialect.is_thespian && message.from.value == 0) {
    with_sender.from = deps_.locals.MintId();
  }
  return with_sender;
}

MessageSent SessionSender::SentEvent(const Outgoing& message) const {
  MessageSent event{.from = message.from, .size = message.payload.size()};
  if (const auto* to_name = std::get_if<std::string_view>(&message.to)) {
    event.to = std::string(*to_name);
  } else {
    event.to = std::get<RemoteId>(message.to);
  }
  if (deps_.journal.payloads_wanted()) {
    event.payload = message.payload.substr(0, kEventPayloadBytes);
  }
  return event;
}

absl::StatusOr<SessionSender::Submitted> SessionSender::Submit(
    FrameBatch& batch, FrameWriter::Done& done) {
  Check(!batch.empty(), "a batch that is submitted has messages");
  Session& session = *batch.session_;
  absl::Status status = session.writer().Reserve(batch.bytes_.size());
  if (!status.ok()) return status;
  if (batch.from_.value != 0) session.remotes().NoteSeen(batch.from_);
  for (const LocalId from : batch.others_) session.remotes().NoteSeen(from);
  batch.others_.clear();
  if (!batch.remotes_.empty()) {
    session.remotes().NoteSent(batch.remotes_, deps_.clock.Now());
    batch.remotes_.clear();
  }
  // Before the write: an answer must not be told before what it answers.
  batch.wakeup_ = deps_.journal.Append(batch.events_);
  HoldExits(session, std::exchange(batch.minted_, {}));
  const size_t frames = std::exchange(batch.frames_, 0);
  std::string bytes = std::exchange(batch.bytes_, {});
  Submitted submitted = {.session = std::move(batch.session_)};
  batch.session_ = nullptr;
  batch.incarnation_ = {};
  submitted.outcome =
      session.writer().Write(std::move(bytes), frames, std::move(done));
  return submitted;
}

void SessionSender::HoldExits(Session& session,
                              const std::vector<LocalId>& minted) {
  bool first = false;
  for (const LocalId id : minted) {
    const HeldExits::Held held = session.held().Hold(
        id, std::string(kNormalReason), HeldExits::Replies::kOne);
    first = first || held.first;
    for (const HeldExits::Exit& exit : held.over) {
      std::string frame;
      AppendFrame(ExitMessage{{exit.local.value}, exit.reason}, frame,
                  deps_.facts.dialect.ids);
      session.writer().WriteControls(std::move(frame), 1);
    }
  }
  if (first) deps_.ends.AwaitHeld();
}

bool SessionSender::Withdraw(const Submitted& submitted,
                             const absl::Status& why) {
  return submitted.session->writer().Withdraw(submitted.outcome.ticket, why);
}

bool SessionSender::ComesUp() const { return deps_.board.ComesUp(); }

void SessionSender::WhenRoom(absl::AnyInvocable<void() &&> room) {
  absl::StatusOr<std::shared_ptr<Session>> session = deps_.board.Current();
  if (!session.ok()) return deps_.board.WhenSettled(std::move(room));
  (*session)->writer().WhenRoom(std::move(room));
}

// --- Links and ends --------------------------------------------------------

absl::Status SessionSender::Link(const std::shared_ptr<LocalActor>& actor,
                                 RemoteId remote, Incarnation incarnation) {
  if (remote.value == 0) {
    return MakeFieldError(ErrorReason::kFieldInvalid, "remote_id",
                          "remote_id must not be 0");
  }
  absl::StatusOr<std::shared_ptr<Session>> current = deps_.board.Current();
  if (!current.ok()) return current.status();
  const std::shared_ptr<Session> session = *std::move(current);
  absl::Status status =
      rules_.CheckIncarnation(session->incarnation(), incarnation);
  if (!status.ok()) return status;
  RemoteActors& remotes = session->remotes();
  if (remotes.IsLinked(remote, actor->id())) return absl::OkStatus();
  std::string frame;
  AppendFrame(
      LinkMessage{.local = {actor->id().value}, .remote = {remote.value}},
      frame, deps_.facts.dialect.ids);
  status = session->writer().CheckRoom(frame.size());
  if (!status.ok()) return status;
  const bool live = remotes.IsLive(remote);
  // The loop knows of the link before the child can answer it.
  deps_.loop.Post([session, actor, remote, live, name = deps_.facts.name] {
    if (!session->live()) {
      return TellTransportClosed(actor, name, session->incarnation(), remote);
    }
    session->dispatcher().LinkFromClient(actor, remote, /*told=*/live);
    session->dispatcher().Flush();
  });
  if (!live) return absl::OkStatus();
  remotes.NoteSeen(actor->id());
  session->writer().WriteControls(std::move(frame), 1);
  return absl::OkStatus();
}

void SessionSender::EndLocal(const std::shared_ptr<LocalActor>& actor) {
  if (deps_.board.IsOpen()) deps_.ends.Add(actor);
}

}  // namespace thespian::gateway
