#include "server/rpc/call_actor.h"

#include <string>
#include <utility>

#include "endpoint/error.h"
#include "endpoint/lock_check.h"
#include "endpoint/session/reasons.h"
#include "fmt/format.h"
#include "server/codec/payload.h"
#include "server/codec/raw_message.h"
#include "server/codec/rpc_error.h"
#include "server/rpc/attempts.h"
#include "server/stream/access_of.h"
#include "server/stream/actor_session.h"

namespace thespian::gateway {
namespace {

// The first message is the reply; what comes after it is for nobody.
constexpr MailboxLimits kCallMailbox = {
    .bytes = 1u << 20, .items = 64, .one_delivery = true};

// What waits for an endpoint in this state is still answered.
bool ComesUp(EndpointState state) {
  return state == EndpointState::kRunning ||
         state == EndpointState::kStarting || state == EndpointState::kIdle;
}

}  // namespace

grpc::ServerUnaryReactor* CallActor::Start(Gateway& gateway,
                                           const Caller& caller,
                                           v1::CallRequest request,
                                           grpc::ByteBuffer& response) {
  auto call = std::make_shared<CallActor>(gateway, caller, std::move(request),
                                          response);
  call->self_ = call;
  const absl::Status status = call->Ask();
  if (!status.ok()) call->End(status, kEndNormal);
  return call.get();
}

CallActor::CallActor(Gateway& gateway, const Caller& caller,
                     v1::CallRequest request, grpc::ByteBuffer& response)
    : LocalActor(kCallMailbox),
      gateway_(gateway),
      caller_(caller),
      request_(std::move(request)),
      response_(response) {}

// --- Asking ----------------------------------------------------------------

absl::Status CallActor::Ask() {
  absl::StatusOr<Lease> lease = caller_.Take(Method::kCall, Cap::kCalls);
  if (!lease.ok()) return lease.status();
  lease_ = *std::move(lease);
  absl::Status status = Find();
  if (status.ok()) status = gateway_.OpenActor(shared_from_this(), "");
  if (!status.ok()) return status;
  {
    MutexLock lock(mutex_);
    opened_ = true;
  }
  Attempts attempts(request_.has_to_name());
  status = AskEndpoint();
  while (attempts.Again(status, endpoint_)) {
    status = Find();
    if (status.ok()) status = AskEndpoint();
  }
  return status;
}

absl::Status CallActor::Find() {
  absl::StatusOr<EndpointHandle> endpoint =
      gateway_.FindEndpoint(request_.endpoint(), {.one = request_.has_to_id()});
  if (!endpoint.ok()) return endpoint.status();
  endpoint_ = *std::move(endpoint);
  CountAt(endpoint_);
  return absl::OkStatus();
}

void CallActor::CountAt(EndpointHandle endpoint) {
  MutexLock lock(mutex_);
  if (ended_) return;
  asked_.swap(endpoint);  // the other one goes after the lock
  ++asked_->stats().calls;
  if (endpoint != nullptr) --endpoint->stats().calls;
}

absl::Status CallActor::AskEndpoint() {
  FrameBatch batch(id());
  absl::Status status = MakeBatch(batch);
  if (!status.ok()) return status;
  const Gateway::ActorUse use(gateway_, shared_from_this(), *endpoint_);
  if (!use.allowed()) return absl::OkStatus();  // has ended meanwhile
  if (request_.has_to_id()) {
    // The link is on its way first: a death that the message brings about is
    // told as one.
    status = endpoint_->sender().Link(shared_from_this(), {request_.to_id()},
                                      batch.incarnation());
  }
  if (status.ok()) status = Submit(batch);
  if (ReasonOf(status) == ErrorReason::kQueueFull) {
    ++endpoint_->stats().refused;
  }
  return status;
}

absl::Status CallActor::MakeBatch(FrameBatch& batch) {
  std::string storage;
  const auto cbor = CborOf(request_.payload(), storage);
  if (!cbor.ok()) return cbor.status();
  if (!v1::PayloadEncoding_IsValid(request_.reply_encoding())) {
    return MakeFieldError(
        ErrorReason::kFieldInvalid, "reply_encoding",
        fmt::format("reply_encoding {} is no encoding of payloads",
                    static_cast<int>(request_.reply_encoding())));
  }
  Outgoing message = {.from = id(), .payload = *cbor};
  switch (request_.target_case()) {
    case v1::CallRequest::kToId:
      message.to = RemoteId{request_.to_id()};
      break;
    case v1::CallRequest::kToName:
      message.to = std::string_view(request_.to_name());
      break;
    case v1::CallRequest::TARGET_NOT_SET:
      return MakeFieldError(ErrorReason::kFieldInvalid, "target",
                            "target is missing: to_id or to_name");
  }
  absl::Status status =
      AskControl(gateway_, caller_, AccessOf(request_), *cbor);
  if (!status.ok()) return status;
  status = endpoint_->sender().Add(message, batch);
  MutexLock lock(mutex_);
  incarnation_ = batch.incarnation();
  return status;
}

absl::Status CallActor::Submit(FrameBatch& batch) {
  FrameWriter::Done done = [self = shared_from_this()](
                               const absl::Status& status, size_t) {
    if (!status.ok()) self->End(status, kEndNormal);
  };
  absl::StatusOr<SessionSender::Submitted> submitted =
      endpoint_->sender().Submit(batch, done);
  if (!submitted.ok()) return submitted.status();
  if (!submitted->outcome.waits()) return submitted->outcome.status;
  MutexLock lock(mutex_);
  if (!ended_) submitted_ = *std::move(submitted);
  return absl::OkStatus();
}

// --- Hearing ---------------------------------------------------------------

void CallActor::OnMail() {
  Mail mail;
  while (mailbox().Take(mail)) {
    for (size_t i = 0; i < mail.size(); ++i) {
      const auto end = Judge(mail.head(i), mail.text(i));
      if (!end.has_value()) continue;
      if (!ClaimEnd()) return;
      if (end->ok()) WriteReply(mail.head(i), mail.text(i));
      gateway_.EndActor(shared_from_this(), kEndNormal);
      AssertNoLockHeld();
      return Finish(ToGrpcStatus(*end));
    }
  }
}

bool CallActor::IsOfAsked(const MailHead& head) {
  MutexLock lock(mutex_);
  return head.endpoint == asked_->facts().name &&
         head.incarnation == incarnation_;
}

std::optional<absl::Status> CallActor::Judge(const MailHead& head,
                                             std::string_view text) {
  switch (head.kind) {
    case MailKind::kDelivery:
      return absl::OkStatus();
    case MailKind::kExited:
      if (text == kTransportClosedReason) return std::nullopt;  // state follows
      return MakeFieldError(
          ErrorReason::kActorExited, "to_id",
          fmt::format("to_id {} ended before it replied: {}", head.remote.value,
                      ReasonIn(head, text)));
    case MailKind::kEndpointChanged:
      if (!IsOfAsked(head) || ComesUp(head.state)) return std::nullopt;
      return MakeError(gateway_.stopping() ? ErrorReason::kShuttingDown
                       : head.state == EndpointState::kFailed
                           ? ErrorReason::kEndpointFailed
                           : ErrorReason::kEndpointDown,
                       fmt::format("endpoint '{}' is {}: {}", *head.endpoint,
                                   StateName(head.state), text));
    case MailKind::kLink:
      break;
  }
  return std::nullopt;
}

void CallActor::WriteReply(const MailHead& head, std::string_view cbor) {
  v1::CallResponse response;
  response.set_from_id(head.remote.value);
  response.set_incarnation(head.incarnation.value);
  SetPayload(cbor, request_.reply_encoding(), *response.mutable_payload());
  Write(response, response_);
}

// --- Ends ------------------------------------------------------------------

// What it held is given back before the client can call again.
bool CallActor::ClaimEnd() {
  {
    MutexLock lock(mutex_);
    if (ended_) return false;
    ended_ = true;
    if (asked_ != nullptr) --asked_->stats().calls;
  }
  lease_ = Lease();
  return true;
}

void CallActor::End(const absl::Status& status, const char* reason) {
  if (!ClaimEnd()) return;
  bool opened = false;
  std::optional<SessionSender::Submitted> submitted;
  {
    MutexLock lock(mutex_);
    opened = opened_;
    submitted.swap(submitted_);
  }
  if (opened) gateway_.EndActor(shared_from_this(), reason);
  if (submitted.has_value()) SessionSender::Withdraw(*submitted, status);
  AssertNoLockHeld();
  Finish(ToGrpcStatus(status));
}

void CallActor::OnCancel() {
  End(absl::CancelledError("the call was cancelled or its deadline passed"),
      kEndDisconnected);
}

void CallActor::OnDone() {
  // What was submitted holds the child's tables: not any longer than this.
  {
    MutexLock lock(mutex_);
    submitted_.reset();
  }
  const std::shared_ptr<CallActor> last = std::move(self_);
}

}  // namespace thespian::gateway
