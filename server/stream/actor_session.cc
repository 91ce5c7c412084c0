#include "server/stream/actor_session.h"

#include <utility>

#include "endpoint/error.h"
#include "fmt/format.h"
#include "server/codec/rpc_error.h"

namespace thespian::gateway {

ActorSession::ActorSession(Gateway& gateway, ResponseWriter& writer,
                           Method method, const Caller& caller)
    : LocalActor(gateway.options().mailbox),
      gateway_(gateway),
      writer_(writer),
      method_(method),
      caller_(caller),
      asked_at_(caller.terms_version()),
      outbox_(mailbox()) {}

void ActorSession::Bind(const std::shared_ptr<void>& stream) {
  self_ = std::shared_ptr<ActorSession>(stream, this);
}

bool ActorSession::Open(const v1::ActorCommand::Open& open) {
  absl::Status status = CheckOpen(open);
  if (status.ok()) {
    outbox_.set_encoding(open.encoding());
    status = gateway_.OpenActor(self(), open.name());
    if (!open.name().empty()) caller_.NoteName(method_, open.name(), status);
  }
  if (!status.ok()) {
    writer_.FinishNow(ToGrpcStatus(status));
    return false;
  }
  v1::ActorEvent event;
  event.mutable_opened()->set_actor_id(id().value);
  event.mutable_opened()->set_token(token());
  Add(std::move(event));
  open_ = true;
  writer_.Pump();
  return true;
}

absl::Status ActorSession::CheckOpen(const v1::ActorCommand::Open& open) {
  if (!v1::PayloadEncoding_IsValid(open.encoding())) {
    return MakeFieldError(
        ErrorReason::kFieldInvalid, "open.encoding",
        fmt::format("open.encoding {} is no encoding of payloads",
                    static_cast<int>(open.encoding())));
  }
  absl::Status status =
      caller_.Ask({.method = method_, .registers = open.name()});
  if (!status.ok()) return status;
  absl::StatusOr<Lease> lease = caller_.Take(method_, Cap::kActors);
  if (!lease.ok()) return lease.status();
  lease_ = *std::move(lease);
  name_ = open.name();
  return absl::OkStatus();
}

absl::Status ActorSession::AskAgain() {
  const uint64_t version = caller_.terms_version();
  if (std::exchange(asked_at_, version) == version) return absl::OkStatus();
  return caller_.Ask({.method = method_, .registers = name_});
}

ResponseSource::Composed ActorSession::Compose() {
  if (!open_) return {};  // mail must not come before `opened`
  const absl::Status allowed = AskAgain();
  if (!allowed.ok()) {
    End(kEndDisconnected, allowed);
    return {};
  }
  events_.Renew();
  outbox_.Compose(events_);
  if (events_.empty()) return {};
  return {.response = events_.wire(), .more = outbox_.HasMore()};
}

void ActorSession::OnMail() {
  if (!mailbox().overflowed()) return writer_.Pump();
  const MailboxLimits& limits = mailbox().limits();
  End(kEndMailboxFull,
      MakeError(ErrorReason::kMailboxFull,
                fmt::format("the client reads too slowly: its mailbox of {} "
                            "bytes and {} items is full",
                            limits.bytes, limits.items)));
}

void ActorSession::Tick(std::chrono::steady_clock::time_point now) {
  writer_.CancelIfStuck(now);
  if (!quiet_.IsOver(outbox_.composed(), now)) return;
  if (!open_) return RefuseToWait();
  if (waiting() > 0) return;  // the client does not read
  v1::ActorEvent event;
  event.mutable_heartbeat();
  Add(std::move(event));
  writer_.Pump();
}

void ActorSession::RefuseToWait() {
  writer_.FinishNow(ToGrpcStatus(MakeFieldError(
      ErrorReason::kAttachProtocol, "commands.open",
      fmt::format("the first command, open, did not come within {} s",
                  QuietTime::kMost.count()))));
}

// --- Ends ------------------------------------------------------------------

void ActorSession::Close() { gateway_.CloseActor(self()); }

void ActorSession::End(std::string reason, const absl::Status& status) {
  if (open_) gateway_.EndActor(self(), std::move(reason));
  writer_.FinishNow(ToGrpcStatus(status));
}

void ActorSession::Disconnect() {
  End(kEndDisconnected, absl::CancelledError("the client went away"));
}

void ActorSession::CloseForShutdown() {
  const grpc::Status status = ToGrpcStatus(ShuttingDownError());
  if (!open_) return writer_.FinishNow(status);
  gateway_.EndActor(self(), kEndShutdown);
  v1::ActorEvent event;
  event.mutable_closing()->set_reason("the gateway is shutting down");
  Add(std::move(event));
  writer_.FinishDrained(status);
}

void ActorSession::Leave() {
  lease_ = Lease();
  if (!open_) return;
  gateway_.EndActor(self(), kEndNormal);
  CountUnread();
}

// Deliveries that were never composed, for the statistics.
void ActorSession::CountUnread() {
  outbox_.ForEachUnread([this](const std::string& endpoint) {
    const auto found = gateway_.FindEndpoint(endpoint);
    if (found.ok()) (*found)->stats().unread.Count(end_reason());
  });
}

}  // namespace thespian::gateway
