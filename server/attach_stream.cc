#include "server/attach_stream.h"

#include <utility>

#include "endpoint/error.h"
#include "server/raw_message.h"
#include "server/rpc_error.h"

namespace thespian::gateway {

AttachStream::Reactor* AttachStream::Start(
    Gateway& gateway, StreamRegistry& streams,
    grpc::CallbackServerContext* context) {
  auto stream = std::make_shared<AttachStream>(gateway, context);
  streams.Add(stream);
  Reactor* reactor = Keep(stream);
  reactor->StartSendInitialMetadata();
  stream->ReadInto(stream->read_);
  return reactor;
}

AttachStream::AttachStream(Gateway& gateway,
                           grpc::CallbackServerContext* context)
    : ActorStream(gateway, context), runner_(gateway, *this) {}

void AttachStream::OnReadDone(bool ok) {
  if (!ok) return OnReadEnd();
  const absl::Status status = Parse(read_, *request_);
  read_.Clear();
  if (!status.ok()) return OnViolation(status);
  int first = 0;
  if (!opened() && request_->commands_size() > 0) {
    if (!OpenByFirstCommand()) return;
    first = 1;
  }
  runner_.Run(*request_, first);
}

// Half-closed or lost. OnCancel follows in the second case, and comes before
// the stream is over: until then the reason is open, but the name is free.
void AttachStream::OnReadEnd() {
  if (opened()) {
    gateway().RetireActor(Self());
    return FinishDrained(grpc::Status::OK);
  }
  FinishDrained(ToGrpcStatus(
      MakeFieldError(ErrorReason::kAttachProtocol, "commands.open",
                     "the stream ended before its first command, open")));
}

bool AttachStream::OpenByFirstCommand() {
  const v1::ActorCommand& command = request_->commands(0);
  if (!command.has_open()) {
    OnViolation(MakeFieldError(ErrorReason::kAttachProtocol, "commands.open",
                               "the first command must be open"));
    return false;
  }
  if (!Open(command.open())) return false;
  OnResult(command.command_id(), absl::OkStatus());
  return true;
}

void AttachStream::OnRequestTaken() {
  request_.Renew();
  ReadInto(read_);
}

bool AttachStream::WantsMore() {
  return outbox().waiting() + runner_.in_flight() < kMostUnanswered;
}

void AttachStream::OnPaused() {
  paused_ = true;
  Pump();  // Compose goes on, once there is room for results
}

void AttachStream::OnViolation(const absl::Status& status) {
  End(kEndViolation, status);
}

void AttachStream::OnResult(uint64_t command_id, const absl::Status& status) {
  if (command_id != 0 || !status.ok()) {
    v1::ActorEvent event;
    event.mutable_command_result()->set_command_id(command_id);
    *event.mutable_command_result()->mutable_status() = ToRpcStatus(status);
    outbox().Add(std::move(event));
  }
}

// Most commands have no result. What would be composed for them is mail that
// the loop is still adding to.
void AttachStream::OnResultsGiven() {
  if (outbox().waiting() > 0 || paused_ || draining()) Pump();
}

void AttachStream::Compose(EventBuffer& events) {
  ActorStream::Compose(events);
  if (paused_ && WantsMore() && paused_.exchange(false)) runner_.Resume();
}

bool AttachStream::Drained() const { return runner_.in_flight() == 0; }

}  // namespace thespian::gateway
