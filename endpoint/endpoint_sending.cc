// The half of Endpoint that takes what clients say to the child.

#include <algorithm>
#include <asio/post.hpp>
#include <string>
#include <utility>
#include <variant>

#include "endpoint/check.h"
#include "endpoint/endpoint.h"
#include "endpoint/error.h"
#include "endpoint/wire/message.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

// A call ends its actor with each reply. A child that was woken for every one
// of them would take the core from the client that reads the reply.
constexpr std::chrono::milliseconds kEndsGathered{2};

constexpr std::chrono::milliseconds kShortestHeldLook{10};
constexpr std::chrono::milliseconds kLongestHeldLook{1'000};

}  // namespace

absl::StatusOr<std::shared_ptr<ChildRun>> Endpoint::CurrentRun() const {
  EndpointState state{};
  std::string reason;
  {
    MutexLock lock(mutex_);
    if (standing_.run != nullptr) return standing_.run;
    state = standing_.state;
    reason = standing_.reason;
  }
  return DownError(name(), state, reason);
}

absl::Status Endpoint::CheckIncarnation(const ChildRun& run,
                                        Incarnation wanted) const {
  if (wanted.value == 0 || wanted == run.incarnation) return absl::OkStatus();
  return MakeFieldError(
      ErrorReason::kIncarnationStale, "incarnation",
      fmt::format("incarnation {} is not the current one of endpoint '{}', "
                  "which is {}",
                  wanted.value, name(), run.incarnation.value));
}

absl::Status Endpoint::CheckOutgoing(const Outgoing& message) const {
  absl::Status status = CheckTarget(message);
  if (!status.ok()) return status;
  status = CheckSize(message.payload.size(), dialect_.max_payload_bytes,
                     "payload has");
  if (!status.ok()) return status;
  status = CheckPayload(message.payload, dialect_.payloads, options_.control);
  if (status.ok()) return status;
  return MakeFieldError(
      ErrorReason::kPayloadInvalid, "payload",
      fmt::format("payload is not allowed by dialect '{}': {}", dialect_.name,
                  MessageOf(status)));
}

absl::Status Endpoint::CheckTarget(const Outgoing& message) const {
  const auto* to_name = std::get_if<std::string_view>(&message.to);
  if (to_name != nullptr) {
    absl::Status status = CheckActorName("to_name", *to_name);
    return status.ok() ? CheckNameIsListed(*to_name, message.attached) : status;
  }
  if (std::get<RemoteId>(message.to).value != 0) return absl::OkStatus();
  return MakeFieldError(ErrorReason::kFieldInvalid, "to_id",
                        "to_id must not be 0");
}

absl::Status Endpoint::CheckNameIsListed(std::string_view to_name,
                                         bool attached) const {
  const std::vector<std::string>& names = options_.names;
  for (const std::string& listed : names) {
    if (listed == to_name || listed == "*") return absl::OkStatus();
  }
  if (!names.empty()) {
    return MakeFieldError(
        ErrorReason::kNameUnknown, "to_name",
        fmt::format("to_name '{}' is not one of the names that clients may "
                    "send to on endpoint '{}'; --names lists them",
                    to_name, name()));
  }
  if (!attached || !dialect_.is_thespian) return absl::OkStatus();
  return MakeFieldError(
      ErrorReason::kNameUnknown, "to_name",
      fmt::format("to_name '{}' is not known on endpoint '{}': in dialect '{}' "
                  "a wrong name would end the child with the sender's next "
                  "message, so attached actors may only send to names that "
                  "--names lists (Call and anonymous sends may to any)",
                  to_name, name(), dialect_.name));
}

absl::Status Endpoint::CheckSize(size_t bytes, size_t most,
                                 std::string_view what) const {
  if (bytes <= most) return absl::OkStatus();
  return MakeFieldError(
      ErrorReason::kFrameTooLarge, "payload",
      fmt::format("{} {} bytes, over the limit of {} for dialect '{}'", what,
                  bytes, most, dialect_.name));
}

absl::Status Endpoint::AppendMessage(const Outgoing& message, ChildRun& run,
                                     std::string& bytes) const {
  const size_t start = bytes.size();
  const WriterId from{message.from.value};
  size_t size = 0;
  const auto* to_id = std::get_if<RemoteId>(&message.to);
  if (to_id == nullptr) {
    size = AppendFrame(
        SendNamedMessage{.from = from,
                         .name = std::get<std::string_view>(message.to),
                         .payload = message.payload},
        bytes, dialect_.ids);
  } else {
    size = AppendFrame(
        SendMessage{
            .from = from, .to = {to_id->value}, .payload = message.payload},
        bytes, dialect_.ids);
  }
  absl::Status status = CheckSize(size, max_outgoing_, "the frame would have");
  if (status.ok() && to_id != nullptr && !run.remotes.IsLive(*to_id)) {
    status = ActorUnknownError("to_id", *to_id, run.incarnation);
  }
  if (!status.ok()) bytes.resize(start);
  return status;
}

absl::Status Endpoint::ActorUnknownError(std::string_view field, RemoteId id,
                                         Incarnation incarnation) const {
  return MakeFieldError(
      ErrorReason::kActorUnknown, field,
      fmt::format("{} {} has no live proxy in incarnation {} of endpoint '{}'",
                  field, id.value, incarnation.value, name()));
}

absl::Status Endpoint::Add(const Outgoing& message, FrameBatch& batch) {
  absl::Status status = CheckOutgoing(message);
  if (!status.ok()) return status;
  std::shared_ptr<ChildRun> first;  // the run, if the batch has none yet
  if (batch.run_ == nullptr) {
    absl::StatusOr<std::shared_ptr<ChildRun>> current = CurrentRun();
    if (!current.ok()) return current.status();
    first = *std::move(current);
  }
  ChildRun& run = first != nullptr ? *first : *batch.run_;
  status = CheckIncarnation(run, message.incarnation);
  const Outgoing signed_message = Sign(message);
  if (status.ok()) status = AppendMessage(signed_message, run, batch.bytes_);
  if (!status.ok()) return status;
  if (first != nullptr) {
    batch.run_ = std::move(first);
    batch.ReserveBytes();
  }
  if (signed_message.from != message.from) {
    batch.minted_.push_back(signed_message.from);
  }
  if (const auto* to_id = std::get_if<RemoteId>(&message.to)) {
    batch.remotes_.push_back(*to_id);
  }
  ++batch.frames_;
  batch.events_.push_back({.endpoint = shared_name_,
                           .incarnation = batch.run_->incarnation,
                           .body = SentEvent(signed_message)});
  return absl::OkStatus();
}

// An answer to id 0 ends a thespian child.
Outgoing Endpoint::Sign(const Outgoing& message) const {
  Outgoing with_sender = message;
  if (dialect_.is_thespian && message.from.value == 0) {
    with_sender.from = with_.locals.MintId();
  }
  return with_sender;
}

MessageSent Endpoint::SentEvent(const Outgoing& message) const {
  MessageSent event{.from = message.from, .size = message.payload.size()};
  if (const auto* to_name = std::get_if<std::string_view>(&message.to)) {
    event.to = std::string(*to_name);
  } else {
    event.to = std::get<RemoteId>(message.to);
  }
  if (with_.journal.payloads_wanted()) {
    event.payload = message.payload.substr(0, kEventPayloadBytes);
  }
  return event;
}

absl::StatusOr<Endpoint::Submitted> Endpoint::Submit(FrameBatch& batch,
                                                     FrameWriter::Done& done) {
  Check(!batch.empty(), "a batch that is submitted has messages");
  const std::shared_ptr<ChildRun> run = batch.run_;
  absl::Status status = run->writer.Reserve(batch.bytes_.size());
  if (!status.ok()) return status;
  if (batch.from_.value != 0) run->remotes.NoteSeen(batch.from_);
  if (!batch.remotes_.empty()) {
    run->remotes.NoteSent(batch.remotes_, with_.clock.Now());
    batch.remotes_.clear();
  }
  // Before the write: an answer must not be told before what it answers.
  const EventJournal::Wakeup wakeup = with_.journal.Append(batch.events_);
  HoldExits(*run, std::exchange(batch.minted_, {}));
  const size_t frames = std::exchange(batch.frames_, 0);
  std::string bytes = std::exchange(batch.bytes_, {});
  batch.run_ = nullptr;
  const FrameWriter::Ticket ticket =
      run->writer.Write(std::move(bytes), frames, std::move(done));
  return Submitted{.run = run, .ticket = ticket};
}

void Endpoint::HoldExits(ChildRun& run, const std::vector<LocalId>& minted) {
  bool first = false;
  for (const LocalId id : minted) {
    const HeldExits::Held held =
        run.held.Hold(id, std::string(kNormalReason), HeldExits::Replies::kOne);
    first = first || held.first;
    for (const HeldExits::Exit& exit : held.over) {
      std::string frame;
      AppendFrame(ExitMessage{{exit.local.value}, exit.reason}, frame,
                  dialect_.ids);
      run.writer.WriteControls(std::move(frame), 1);
    }
  }
  if (first) asio::post(loop_, [this] { AwaitHeldExits(); });
}

// Looks for exits that have been held long enough as long as there are any.
void Endpoint::AwaitHeldExits() {
  if (awaits_held_ || !supervisor_.transport_open() || run_->held.empty())
    return;
  awaits_held_ = true;
  held_timer_.expires_after(std::clamp(options_.exit_linger / 4,
                                       kShortestHeldLook, kLongestHeldLook));
  held_timer_.async_wait([this](const std::error_code& error) {
    awaits_held_ = false;
    if (error || !supervisor_.transport_open()) return;
    dispatcher_->ReleaseHeldExits();
    dispatcher_->Flush();
    AwaitHeldExits();
  });
}

bool Endpoint::Withdraw(const Submitted& submitted, const absl::Status& why) {
  return submitted.run->writer.Withdraw(submitted.ticket, why);
}

absl::Status Endpoint::Link(const std::shared_ptr<LocalActor>& actor,
                            RemoteId remote, Incarnation incarnation) {
  if (remote.value == 0) {
    return MakeFieldError(ErrorReason::kFieldInvalid, "remote_id",
                          "remote_id must not be 0");
  }
  absl::StatusOr<std::shared_ptr<ChildRun>> current = CurrentRun();
  if (!current.ok()) return current.status();
  const std::shared_ptr<ChildRun> run = *std::move(current);
  absl::Status status = CheckIncarnation(*run, incarnation);
  if (!status.ok()) return status;
  if (run->remotes.IsLinked(remote, actor->id())) return absl::OkStatus();
  std::string frame;
  AppendFrame(
      LinkMessage{.local = {actor->id().value}, .remote = {remote.value}},
      frame, dialect_.ids);
  status = run->writer.CheckRoom(frame.size());
  if (!status.ok()) return status;
  const bool live = run->remotes.IsLive(remote);
  // The loop knows of the link before the child can answer it.
  asio::post(loop_, [this, run, actor, remote, live] {
    if (run != run_ || !supervisor_.transport_open()) {
      return TellTransportClosed(actor, remote, run->incarnation);
    }
    dispatcher_->LinkFromClient(actor, remote, /*told=*/live);
    dispatcher_->Flush();
  });
  if (!live) return absl::OkStatus();
  run->remotes.NoteSeen(actor->id());
  run->writer.WriteControls(std::move(frame), 1);
  return absl::OkStatus();
}

void Endpoint::TellTransportClosed(const std::shared_ptr<LocalActor>& actor,
                                   RemoteId remote, Incarnation incarnation) {
  MailRound round;
  round.Add(actor,
            {.kind = MailKind::kExited,
             .endpoint = shared_name_,
             .incarnation = incarnation,
             .remote = remote},
            kTransportClosedReason);
  round.Flush();
}

void Endpoint::TellEnded(const std::shared_ptr<LocalActor>& actor) {
  {
    MutexLock lock(mutex_);
    if (standing_.run == nullptr) return;
    ended_.push_back(actor);
    if (ended_.size() > 1) return;  // the first has seen to it
  }
  asio::post(loop_, [this] { AwaitEnds(); });
}

void Endpoint::AwaitEnds() {
  ends_timer_.expires_after(kEndsGathered);
  ends_timer_.async_wait([this](const std::error_code& error) {
    if (error) return;
    // The links that they posted before they ended come first.
    asio::post(loop_, [this, ended = TakeEnded()] {
      if (supervisor_.transport_open()) TellEnds(ended);
    });
  });
}

Endpoint::Ended Endpoint::TakeEnded() {
  MutexLock lock(mutex_);
  return std::exchange(ended_, {});
}

void Endpoint::TellEnds(const Ended& ended) {
  for (const auto& actor : ended) dispatcher_->ForgetLocal(*actor);
  dispatcher_->Flush();
  AwaitHeldExits();
}

void Endpoint::WhenRoom(absl::AnyInvocable<void() &&> room) {
  absl::StatusOr<std::shared_ptr<ChildRun>> run = CurrentRun();
  if (!run.ok()) return std::move(room)();
  (*run)->writer.WhenRoom(std::move(room));
}

}  // namespace thespian::gateway
