// A stream whose client is a local actor as long as the stream lives: what
// Attach and Listen have in common.
//
// Ownership: shared by gRPC and the registry of local actors; see
//   PumpedStream.
// Threads:   reactions on gRPC's, OnMail on the endpoints' loops, Tick and
//   CloseForShutdown on the main thread.
// Errors:    every end has a status; see the API.
// Memory:    one response, and the mailbox.
#ifndef SERVER_STREAM_ACTOR_STREAM_H_
#define SERVER_STREAM_ACTOR_STREAM_H_

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "endpoint/error.h"
#include "endpoint/gateway.h"
#include "fmt/format.h"
#include "server/codec/event_buffer.h"
#include "server/codec/rpc_error.h"
#include "server/stream/actor_outbox.h"
#include "server/stream/pumped_stream.h"
#include "server/stream/quiet_time.h"
#include "server/stream/stream_registry.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {

// Why a local actor ended, as the child is told.
inline constexpr char kEndNormal[] = "normal";
inline constexpr char kEndDisconnected[] = "disconnected";
inline constexpr char kEndMailboxFull[] = "mailbox_full";
inline constexpr char kEndShutdown[] = "shutdown";
inline constexpr char kEndViolation[] = "protocol_violation";

template <typename Reactor>
class ActorStream : public PumpedStream<Reactor, EventBuffer>,
                    public LocalActor,
                    public LiveStream,
                    public std::enable_shared_from_this<ActorStream<Reactor>> {
 public:
  ActorStream(Gateway& gateway, grpc::CallbackServerContext* context)
      : PumpedStream<Reactor, EventBuffer>(context),
        LocalActor(gateway.options().mailbox),
        gateway_(gateway),
        outbox_(mailbox()) {}

  // LocalActor
  void OnMail() final {
    if (!mailbox().overflowed()) return this->Pump();
    const MailboxLimits& limits = mailbox().limits();
    End(kEndMailboxFull,
        MakeError(ErrorReason::kMailboxFull,
                  fmt::format("the client reads too slowly: its mailbox of {} "
                              "bytes and {} items is full",
                              limits.bytes, limits.items)));
  }

  // LiveStream
  void CloseForShutdown() final {
    const grpc::Status status = ToGrpcStatus(ShuttingDownError());
    if (!opened_) return this->FinishNow(status);
    gateway_.EndActor(Self(), kEndShutdown);
    v1::ActorEvent event;
    event.mutable_closing()->set_reason("the gateway is shutting down");
    outbox_.Add(std::move(event));
    this->FinishDrained(status);
  }

  void Tick(std::chrono::steady_clock::time_point now) final {
    this->CancelIfStuck(now);
    if (!quiet_.IsOver(outbox_.composed(), now)) return;
    if (!opened_) return RefuseToWait();
    if (outbox_.waiting() > 0) return;  // the client does not read
    v1::ActorEvent event;
    event.mutable_heartbeat();
    outbox_.Add(std::move(event));
    this->Pump();
  }

 protected:
  std::shared_ptr<LocalActor> Self() { return this->shared_from_this(); }

  // Becomes a local actor. False: the stream has been finished.
  bool Open(const v1::ActorCommand::Open& open) {
    if (!v1::PayloadEncoding_IsValid(open.encoding())) {
      this->FinishNow(ToGrpcStatus(MakeFieldError(
          ErrorReason::kFieldInvalid, "open.encoding",
          fmt::format("open.encoding {} is no encoding of payloads",
                      static_cast<int>(open.encoding())))));
      return false;
    }
    outbox_.set_encoding(open.encoding());
    const absl::Status status = gateway_.OpenActor(Self(), open.name());
    if (!status.ok()) {
      this->FinishNow(ToGrpcStatus(status));
      return false;
    }
    v1::ActorEvent event;
    event.mutable_opened()->set_actor_id(id().value);
    event.mutable_opened()->set_token(token());
    outbox_.Add(std::move(event));
    opened_ = true;
    this->Pump();
    return true;
  }

  // Ends the actor and the stream, whatever there was to say.
  void End(std::string reason, const absl::Status& status) {
    if (opened_) gateway_.EndActor(Self(), std::move(reason));
    this->FinishNow(ToGrpcStatus(status));
  }

  // Reactor
  void OnCancel() final {
    End(kEndDisconnected, absl::CancelledError("the client went away"));
  }

  // PumpedStream
  void Compose(EventBuffer& events) override {
    if (!opened_) return;  // mail must not come before `opened`
    outbox_.Compose(events);
  }
  bool IsEmpty(const EventBuffer& events) const final { return events.empty(); }
  bool HasMore() const final { return outbox_.HasMore(); }
  void OnBroken() final { OnCancel(); }
  void OnOver() final {
    if (!opened_) return;
    gateway_.EndActor(Self(), kEndNormal);
    CountUnread();
  }

  Gateway& gateway() { return gateway_; }
  ActorOutbox& outbox() { return outbox_; }
  bool opened() const { return opened_; }

 private:
  void RefuseToWait() {
    this->FinishNow(ToGrpcStatus(MakeFieldError(
        ErrorReason::kAttachProtocol, "commands.open",
        fmt::format("the first command, open, did not come within {} s",
                    QuietTime::kMost.count()))));
  }

  // Deliveries that were never composed, for the figures.
  void CountUnread() {
    outbox_.ForEachUnread([this](const std::string& endpoint) {
      const auto found = gateway_.FindEndpoint(endpoint);
      if (found.ok()) (*found)->stats().unread.Count(end_reason());
    });
  }

  Gateway& gateway_;
  ActorOutbox outbox_;
  std::atomic<bool> opened_ = false;

  QuietTime quiet_;  // the main thread's
};

}  // namespace thespian::gateway

#endif  // SERVER_STREAM_ACTOR_STREAM_H_
