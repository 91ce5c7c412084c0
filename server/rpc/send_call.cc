#include "server/rpc/send_call.h"

#include <string>
#include <utility>

#include "absl/memory/memory.h"
#include "endpoint/error.h"
#include "endpoint/lock_check.h"
#include "server/codec/payload.h"
#include "server/codec/rpc_error.h"
#include "server/rpc/unary_answer.h"

namespace thespian::gateway {
grpc::ServerUnaryReactor* SendCall::Start(Gateway& gateway,
                                          grpc::CallbackServerContext* context,
                                          Request request, OnTaken on_taken) {
  auto call = absl::WrapUnique(new SendCall(std::move(on_taken)));
  absl::Status status = call->Submit(gateway, ContextOf(*context), request);
  if (status.ok()) {
    const std::optional<absl::Status> written = call->EndStart();
    if (!written.has_value()) return call.release();  // deleted in OnDone
    status = *written;
  }
  // gRPC ends its own reactor on this thread, and ours on another one.
  return Answer(context, status);
}

absl::Status SendCall::Submit(Gateway& gateway, const CallContext& context,
                              Request& request) {
  if (gateway.stopping()) return ShuttingDownError();
  absl::StatusOr<Endpoint*> endpoint = gateway.FindEndpoint(request.endpoint);
  if (!endpoint.ok()) return endpoint.status();
  std::shared_ptr<LocalActor> actor;
  if (request.message.from.value != 0) {
    auto found = gateway.Authorize(request.message.from, context.actor_token);
    if (!found.ok()) return found.status();
    actor = *std::move(found);
    request.message.attached = true;
  }
  std::string storage;
  const auto cbor = CborOf(request.payload, storage);
  if (!cbor.ok()) return cbor.status();
  request.message.payload = *cbor;
  FrameBatch batch(request.message.from);
  absl::Status status = (*endpoint)->sender().Add(request.message, batch);
  if (!status.ok()) return status;
  incarnation_ = batch.incarnation();

  const Gateway::Speech speech(gateway, actor);
  if (!speech.allowed()) {
    return gateway.Authorize(request.message.from, {}).status();
  }
  FrameWriter::Done done = [this](const absl::Status& written, size_t) {
    OnWritten(written);
  };
  absl::StatusOr<SessionSender::Submitted> submitted =
      (*endpoint)->sender().Submit(batch, done);
  if (ReasonOf(submitted.status()) == ErrorReason::kQueueFull) {
    ++(*endpoint)->stats().refused;
  }
  if (!submitted.ok()) return submitted.status();
  MutexLock lock(mutex_);
  submitted_ = *std::move(submitted);
  return absl::OkStatus();
}

std::optional<absl::Status> SendCall::EndStart() {
  MutexLock lock(mutex_);
  starting_ = false;
  return result_;
}

void SendCall::OnWritten(const absl::Status& status) {
  if (status.ok()) on_taken_(incarnation_);
  {
    MutexLock lock(mutex_);
    result_ = status;
    if (starting_) return;  // Start answers, and deletes this
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
