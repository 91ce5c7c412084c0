#include "server/rpc/send_call.h"

#include <string>
#include <utility>
#include <variant>

#include "absl/memory/memory.h"
#include "endpoint/error.h"
#include "endpoint/lock_check.h"
#include "server/codec/payload.h"
#include "server/codec/rpc_error.h"
#include "server/rpc/attempts.h"
#include "server/rpc/unary_answer.h"

namespace thespian::gateway {
grpc::ServerUnaryReactor* SendCall::Start(Gateway& gateway,
                                          grpc::CallbackServerContext* context,
                                          Request request, OnTaken on_taken) {
  auto call = absl::WrapUnique(new SendCall(std::move(on_taken)));
  const CallContext caller = ContextOf(*context, request.caller);
  std::optional<FrameBatch> batch;  // its end is after the answer
  Attempts attempts(
      std::holds_alternative<std::string_view>(request.message.to));
  std::optional<absl::Status> answer;
  do {
    batch.emplace(request.message.from);
    answer = call->Submit(gateway, caller, request, *batch);
    if (!answer.has_value()) return call.release();  // deleted in OnDone
  } while (attempts.Again(*answer, call->endpoint_));
  // gRPC ends its own reactor on this thread, and ours on another one.
  return Answer(context, *answer);
}

std::optional<absl::Status> SendCall::Submit(Gateway& gateway,
                                             const CallContext& context,
                                             Request& request,
                                             FrameBatch& batch) {
  absl::Status status = MakeBatch(gateway, context, request, batch);
  if (!status.ok()) return status;
  const Gateway::ActorUse use(gateway, std::move(sender_), *endpoint_);
  if (!use.allowed()) {
    return gateway.Authorize(request.message.from, {}).status();
  }
  FrameWriter::Done done = [this](const absl::Status& written, size_t) {
    OnWritten(written);
  };
  absl::StatusOr<SessionSender::Submitted> submitted =
      endpoint_->sender().Submit(batch, done);
  if (ReasonOf(submitted.status()) == ErrorReason::kQueueFull) {
    ++endpoint_->stats().refused;
  }
  if (!submitted.ok()) return submitted.status();
  if (submitted->outcome.waits()) return Await(*std::move(submitted));
  if (submitted->outcome.status.ok()) on_taken_(incarnation_);
  return submitted->outcome.status;
}

absl::Status SendCall::MakeBatch(Gateway& gateway, const CallContext& context,
                                 Request& request, FrameBatch& batch) {
  if (gateway.stopping()) return ShuttingDownError();
  const auto* to_id = std::get_if<RemoteId>(&request.message.to);
  absl::StatusOr<EndpointHandle> endpoint = gateway.FindEndpoint(
      request.endpoint, {.sender = request.message.from,
                         .one = to_id != nullptr,
                         .incarnation = request.message.incarnation});
  if (!endpoint.ok()) return endpoint.status();
  endpoint_ = *std::move(endpoint);
  if (request.message.from.value != 0) {
    auto found = gateway.Authorize(request.message.from, context.actor_token);
    if (!found.ok()) return found.status();
    sender_ = *std::move(found);
    request.message.attached = true;
  }
  std::string storage;
  const auto cbor = CborOf(request.payload, storage);
  if (!cbor.ok()) return cbor.status();
  request.message.payload = *cbor;
  absl::Status status =
      AskControl(gateway, request.caller, request.access, *cbor);
  if (!status.ok()) return status;
  status = endpoint_->sender().Add(request.message, batch);
  incarnation_ = batch.incarnation();
  return status;
}

// From here on the call may be finished, and deleted, by who writes the frame.
std::optional<absl::Status> SendCall::Await(
    SessionSender::Submitted submitted) {
  MutexLock lock(mutex_);
  submitted_ = std::move(submitted);
  return result_;
}

void SendCall::OnWritten(const absl::Status& status) {
  if (status.ok()) on_taken_(incarnation_);
  {
    MutexLock lock(mutex_);
    result_ = status;
    if (!submitted_.has_value()) return;  // Start answers, and deletes this
  }
  AssertNoLockHeld();
  Finish(ToGrpcStatus(status));
}

void SendCall::OnCancel() {
  std::optional<SessionSender::Submitted> to_withdraw;
  {
    MutexLock lock(mutex_);
    if (result_.has_value()) return;
    to_withdraw = submitted_;
  }
  SessionSender::Withdraw(
      *to_withdraw,
      absl::DeadlineExceededError("the call ended before its frame had begun"));
}

}  // namespace thespian::gateway
