#include "server/send_call.h"

#include <string>
#include <utility>

#include "endpoint/error.h"
#include "server/payload.h"
#include "server/rpc_error.h"

namespace thespian::gateway {
namespace {

constexpr char kTokenKey[] = "x-actor-token";

std::string_view TokenOf(const grpc::CallbackServerContext& context) {
  const auto& metadata = context.client_metadata();
  const auto token = metadata.find(kTokenKey);
  if (token == metadata.end()) return {};
  return {token->second.data(), token->second.size()};
}

}  // namespace

grpc::ServerUnaryReactor* SendCall::Start(Gateway& gateway,
                                          grpc::CallbackServerContext* context,
                                          Request request, OnTaken on_taken) {
  auto* call = new SendCall(std::move(on_taken));  // deleted in OnDone
  const absl::Status status = call->Submit(gateway, *context, request);
  {
    MutexLock lock(call->mutex_);
    call->starting_ = false;
    if (!status.ok()) call->result_ = status;
  }
  call->FinishIfDone();
  return call;
}

absl::Status SendCall::Submit(Gateway& gateway,
                              grpc::CallbackServerContext& context,
                              Request& request) {
  if (gateway.stopping()) return ShuttingDownError();
  absl::StatusOr<Endpoint*> endpoint = gateway.FindEndpoint(request.endpoint);
  if (!endpoint.ok()) return endpoint.status();
  std::shared_ptr<LocalActor> actor;
  if (request.message.from.value != 0) {
    auto found = gateway.Authorize(request.message.from, TokenOf(context));
    if (!found.ok()) return found.status();
    actor = *std::move(found);
  }
  std::string storage;
  const auto cbor = CborOf(request.payload, storage);
  if (!cbor.ok()) return cbor.status();
  request.message.payload = *cbor;
  FrameBatch batch(request.message.from);
  absl::Status status = (*endpoint)->Add(request.message, batch);
  if (!status.ok()) return status;
  incarnation_ = batch.incarnation();

  const Gateway::Speech speech(gateway, actor);
  if (!speech.allowed()) {
    return gateway.Authorize(request.message.from, {}).status();
  }
  FrameWriter::Done done = [this](const absl::Status& written, size_t) {
    OnWritten(written);
  };
  absl::StatusOr<Endpoint::Submitted> submitted =
      (*endpoint)->Submit(batch, done);
  if (ReasonOf(submitted.status()) == ErrorReason::kQueueFull) {
    (*endpoint)->CountRefused();
  }
  if (!submitted.ok()) return submitted.status();
  MutexLock lock(mutex_);
  submitted_ = *std::move(submitted);
  return absl::OkStatus();
}

void SendCall::OnWritten(const absl::Status& status) {
  {
    MutexLock lock(mutex_);
    result_ = status;
  }
  FinishIfDone();
}

// While Submit is under way this object must live: Finish may lead to OnDone.
void SendCall::FinishIfDone() {
  absl::Status result;
  std::optional<Endpoint::Submitted> to_withdraw;
  {
    MutexLock lock(mutex_);
    if (starting_ || finished_) return;
    if (result_.has_value()) {
      finished_ = true;
      result = *result_;
    } else if (cancelled_) {
      to_withdraw = submitted_;
    } else {
      return;
    }
  }
  if (to_withdraw.has_value()) {
    Endpoint::Withdraw(*to_withdraw,
                       absl::DeadlineExceededError(
                           "the call ended before its frame had begun"));
    return;
  }
  if (result.ok()) on_taken_(incarnation_);
  Finish(ToGrpcStatus(result));
}

void SendCall::OnCancel() {
  {
    MutexLock lock(mutex_);
    cancelled_ = true;
  }
  FinishIfDone();
}

}  // namespace thespian::gateway
