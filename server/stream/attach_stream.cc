#include "server/stream/attach_stream.h"

#include <string_view>
#include <utility>
#include <variant>

#include "endpoint/error.h"
#include "server/codec/raw_message.h"
#include "server/codec/rpc_error.h"

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
  absl::StatusOr<grpc::Slice> request = Flatten(read_);
  read_.Clear();
  if (!request.ok()) return OnViolation(request.status());
  request_ = *std::move(request);
  commands_.Start(
      {reinterpret_cast<const char*>(request_.begin()), request_.size()});
  if (opened() || OpenByFirstCommand()) runner_.Run(commands_);
}

// Half-closed or lost. OnCancel follows in the second case, and comes before
// the stream is over: until then the reason is open, but the name is free.
void AttachStream::OnReadEnd() {
  if (opened()) {
    gateway().CloseActor(Self());
    return FinishDrained(grpc::Status::OK);
  }
  FinishDrained(ToGrpcStatus(
      MakeFieldError(ErrorReason::kAttachProtocol, "commands.open",
                     "the stream ended before its first command, open")));
}

// True: the stream goes on; a request without commands changes nothing.
bool AttachStream::OpenByFirstCommand() {
  const CommandReader::Step step = commands_.Advance();
  if (step != CommandReader::Step::kCommand) return true;
  const auto* command =
      std::get_if<const v1::ActorCommand*>(&commands_.command());
  if (command == nullptr || !(*command)->has_open()) {
    OnViolation(MakeFieldError(ErrorReason::kAttachProtocol, "commands.open",
                               "the first command must be open"));
    return false;
  }
  if (!Open((*command)->open())) return false;
  OnResult((*command)->command_id(), absl::OkStatus());
  return true;
}

void AttachStream::OnRequestTaken() {
  request_ = grpc::Slice();
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
