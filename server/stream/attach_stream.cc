#include "server/stream/attach_stream.h"

#include <asio/post.hpp>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

#include "endpoint/error.h"
#include "endpoint/lock_check.h"
#include "server/codec/raw_message.h"
#include "server/codec/rpc_error.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {

AttachStream::Reactor* AttachStream::Start(Gateway& gateway,
                                           StreamRegistry& streams,
                                           asio::thread_pool& pool,
                                           grpc::CallbackServerContext& context,
                                           const Caller& caller) {
  const auto stream =
      std::make_shared<AttachStream>(gateway, pool, context, caller);
  stream->actor_.Bind(stream);
  streams.Add(stream->actor_.self());
  Reactor* reactor = Keep(stream);
  reactor->StartSendInitialMetadata();
  stream->Read();
  return reactor;
}

AttachStream::AttachStream(Gateway& gateway, asio::thread_pool& pool,
                           grpc::CallbackServerContext& context,
                           const Caller& caller)
    : StreamReactor(context, *this),
      pool_(pool),
      actor_(gateway, writer(), Method::kAttach, caller),
      runner_(gateway, *this, caller),
      limited_(pool) {}

void AttachStream::Read() {
  AssertNoLockHeld();
  writer().WhileUnfinished([this] { StartRead(&read_); });
}

void AttachStream::OnReadDone(bool ok) {
  if (!ok) return OnReadEnd();
  absl::StatusOr<grpc::Slice> request = Flatten(read_);
  read_.Clear();
  if (!request.ok()) return OnViolation(request.status());
  request_ = *std::move(request);
  commands_.Start(
      {reinterpret_cast<const char*>(request_.begin()), request_.size()});
  if (actor_.is_open() || OpenByFirstCommand()) runner_.Run(commands_);
}

// Half-closed or lost. OnBroken follows in the second case, and comes before
// the stream is over.
void AttachStream::OnReadEnd() {
  if (actor_.is_open()) {
    actor_.Close();
    return writer().FinishDrained(grpc::Status::OK);
  }
  writer().FinishDrained(ToGrpcStatus(
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
  if (!actor_.Open((*command)->open())) return false;
  OnResult((*command)->command_id(), absl::OkStatus());
  return true;
}

// --- Commands --------------------------------------------------------------

void AttachStream::OnRequestTaken() {
  request_ = grpc::Slice();
  Read();
}

bool AttachStream::WantsMore() {
  return actor_.waiting() + runner_.in_flight() < kMostUnanswered;
}

void AttachStream::OnPaused() {
  paused_ = true;
  writer().Pump();  // Compose goes on, once there is room for results
}

// Who sends on meanwhile is held back by HTTP/2's windows.
void AttachStream::OnLimited() {
  limited_.expires_after(kRetryAfter);
  limited_.async_wait([this, stream = std::weak_ptr(actor_.self())](
                          const std::error_code& /*cancelled*/) {
    if (const auto keep = stream.lock()) runner_.Resume();
  });
}

void AttachStream::OnViolation(const absl::Status& status) {
  actor_.End(kEndViolation, status);
}

void AttachStream::OnResult(uint64_t command_id, const absl::Status& status) {
  if (command_id == 0 && status.ok()) return;
  v1::ActorEvent event;
  event.mutable_command_result()->set_command_id(command_id);
  *event.mutable_command_result()->mutable_status() = ToRpcStatus(status);
  actor_.Add(std::move(event));
}

// Most commands have no result. What would be composed for them is mail that
// the loop is still adding to.
void AttachStream::OnResultsGiven() {
  if (actor_.waiting() > 0 || paused_ || writer().ending()) writer().Pump();
}

ResponseSource::Composed AttachStream::Compose() {
  const Composed composed = actor_.Compose();
  if (paused_ && WantsMore() && paused_.exchange(false)) ScheduleResume();
  return composed;
}

// A client that leaves meanwhile is not kept.
void AttachStream::ScheduleResume() {
  asio::post(pool_, [this, stream = std::weak_ptr(actor_.self())] {
    if (const auto keep = stream.lock()) runner_.Resume();
  });
}

}  // namespace thespian::gateway
