#include "server/attach_stream.h"

#include <utility>

#include "endpoint/error.h"
#include "fmt/format.h"
#include "server/rpc_error.h"

namespace thespian::gateway {
namespace {

// Why a local actor ended, as the child is told.
constexpr char kNormal[] = "normal";
constexpr char kDisconnected[] = "disconnected";
constexpr char kMailboxWasFull[] = "mailbox_full";
constexpr char kShutdown[] = "shutdown";
constexpr char kViolation[] = "protocol_violation";

absl::Status MailboxFullError(const MailboxLimits& limits) {
  return MakeError(
      ErrorReason::kMailboxFull,
      fmt::format("the client reads too slowly: its mailbox of {} bytes and {} "
                  "items is full",
                  limits.bytes, limits.items));
}

}  // namespace

AttachStream::Reactor* AttachStream::Start(
    Gateway& gateway, StreamRegistry& streams,
    grpc::CallbackServerContext* context) {
  auto stream = std::make_shared<AttachStream>(gateway, context);
  streams.Add(stream);
  Reactor* reactor = Keep(stream);
  reactor->StartSendInitialMetadata();
  stream->ReadInto(stream->request_);
  return reactor;
}

AttachStream::AttachStream(Gateway& gateway,
                           grpc::CallbackServerContext* context)
    : PumpedStream(context),
      LocalActor(gateway.options().mailbox),
      gateway_(gateway),
      outbox_(mailbox()),
      runner_(gateway, *this) {}

// --- Reading ---------------------------------------------------------------

void AttachStream::OnReadDone(bool ok) {
  if (!ok) {
    // Half-closed or lost; OnCancel follows in the second case, and comes
    // before OnOver. Until then the reason is open, but the name is free.
    if (opened_) gateway_.RetireActor(shared_from_this());
    return FinishDrained(
        opened_ ? grpc::Status::OK
                : ToGrpcStatus(MakeFieldError(
                      ErrorReason::kAttachProtocol, "commands.open",
                      "the stream ended before its first command, open")));
  }
  unanswered_ += static_cast<size_t>(request_.commands_size());
  int first = 0;
  if (!opened_ && request_.commands_size() > 0) {
    if (!Open()) return;
    first = 1;
  }
  runner_.Run(request_, first);
}

bool AttachStream::Open() {
  const v1::ActorCommand& command = request_.commands(0);
  if (!command.has_open()) {
    OnViolation(MakeFieldError(ErrorReason::kAttachProtocol, "commands.open",
                               "the first command must be open"));
    return false;
  }
  outbox_.set_encoding(command.open().encoding());
  const absl::Status status =
      gateway_.OpenActor(shared_from_this(), command.open().name());
  if (!status.ok()) {
    FinishNow(ToGrpcStatus(status));
    return false;
  }
  AddOpened();
  opened_ = true;
  OnResult(command.command_id(), absl::OkStatus());
  Pump();
  return true;
}

void AttachStream::AddOpened() {
  v1::ActorEvent event;
  event.mutable_opened()->set_actor_id(id().value);
  event.mutable_opened()->set_token(token());
  outbox_.Add(std::move(event));
}

void AttachStream::OnRequestTaken() {
  if (outbox_.waiting() < kMaxWaitingResults) return ReadInto(request_);
  reading_paused_ = true;
  Pump();  // Compose reads on, once the results are on their way
}

void AttachStream::OnViolation(const absl::Status& status) {
  End(kViolation, status);
}

std::shared_ptr<LocalActor> AttachStream::Speaker() {
  return shared_from_this();
}

void AttachStream::OnResult(uint64_t command_id, const absl::Status& status) {
  if (command_id != 0 || !status.ok()) {
    v1::ActorEvent event;
    event.mutable_command_result()->set_command_id(command_id);
    *event.mutable_command_result()->mutable_status() = ToRpcStatus(status);
    outbox_.Add(std::move(event));
  }
  --unanswered_;
}

// --- Writing ---------------------------------------------------------------

void AttachStream::OnMail() {
  if (!mailbox().overflowed()) return Pump();
  End(kMailboxWasFull, MailboxFullError(mailbox().limits()));
}

void AttachStream::Compose(v1::AttachResponse& response) {
  if (!opened_) return;  // mail must not come before `opened`
  outbox_.Compose(*response.mutable_events());
  if (outbox_.waiting() < kMaxWaitingResults &&
      reading_paused_.exchange(false)) {
    ReadInto(request_);
  }
}

bool AttachStream::IsEmpty(const v1::AttachResponse& response) const {
  return response.events().empty();
}

bool AttachStream::Drained() const { return unanswered_ == 0; }

// --- Ends ------------------------------------------------------------------

void AttachStream::End(std::string reason, const absl::Status& status) {
  if (opened_) gateway_.EndActor(shared_from_this(), std::move(reason));
  FinishNow(ToGrpcStatus(status));
}

void AttachStream::OnCancel() {
  End(kDisconnected, absl::CancelledError("the client went away"));
}

void AttachStream::OnBroken() { OnCancel(); }

void AttachStream::OnOver() {
  if (opened_) gateway_.EndActor(shared_from_this(), kNormal);
}

void AttachStream::CloseForShutdown() {
  if (!opened_) return FinishNow(ToGrpcStatus(ShuttingDownError()));
  gateway_.EndActor(shared_from_this(), kShutdown);
  v1::ActorEvent event;
  event.mutable_closing()->set_reason("the gateway is shutting down");
  outbox_.Add(std::move(event));
  FinishDrained(ToGrpcStatus(ShuttingDownError()));
}

void AttachStream::Tick(std::chrono::steady_clock::time_point now) {
  CancelIfStuck(now);
  const uint64_t composed = outbox_.composed();
  if (composed != std::exchange(seen_composed_, composed)) quiet_since_ = now;
  if (!opened_ || now - quiet_since_ < kHeartbeatAfter) return;
  quiet_since_ = now;
  if (outbox_.waiting() > 0) return;  // the client does not read
  v1::ActorEvent event;
  event.mutable_heartbeat();
  outbox_.Add(std::move(event));
  Pump();
}

}  // namespace thespian::gateway
