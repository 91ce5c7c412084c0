// The local actor that a stream's client is, from its `open` to the stream's
// end: what Attach and Listen have in common.
//
// Ownership: a part of its stream, with which the registry of local actors and
//   the registry of streams share it; see Bind.
// Threads:   OnMail on the endpoints' loops, Tick and CloseForShutdown on the
//   main thread, Compose by the writer's rules, the rest on gRPC's.
// Errors:    every end has a status; see the API.
// Memory:    one response, and the mailbox.
#ifndef SERVER_STREAM_ACTOR_SESSION_H_
#define SERVER_STREAM_ACTOR_SESSION_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "endpoint/actors/local_actors.h"
#include "endpoint/gateway.h"
#include "server/access/access_control.h"
#include "server/codec/event_buffer.h"
#include "server/stream/actor_outbox.h"
#include "server/stream/quiet_time.h"
#include "server/stream/response_writer.h"
#include "server/stream/stream_registry.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {

// Why a local actor ended, as the child is told.
inline constexpr char kEndNormal[] = "normal";
inline constexpr char kEndDisconnected[] = "disconnected";
inline constexpr char kEndMailboxFull[] = "mailbox_full";
inline constexpr char kEndShutdown[] = "shutdown";
inline constexpr char kEndViolation[] = "protocol_violation";

class ActorSession final : public LocalActor, public LiveStream {
 public:
  // Both outlive the session. `method` is what the client called.
  ActorSession(Gateway& gateway, ResponseWriter& writer, Method method,
               const Caller& caller);

  // `stream` has this session. To be called once, before anything else.
  void Bind(const std::shared_ptr<void>& stream);
  std::shared_ptr<ActorSession> self() { return self_.lock(); }

  // Becomes a local actor. False: the stream has been finished.
  bool Open(const v1::ActorCommand::Open& open);
  bool is_open() const { return open_; }

  // Something to say that is no mail.
  void Add(v1::ActorEvent event) { outbox_.Add(std::move(event)); }
  // Such events that wait.
  size_t waiting() const { return outbox_.waiting(); }

  // What the stream has to say next.
  ResponseSource::Composed Compose();

  // The client will not say anything more, but may still listen: its name is
  // free, and how it ended is open.
  void Close();
  // Ends the actor and the stream, whatever there was to say.
  void End(std::string reason, const absl::Status& status);
  // The client went away.
  void Disconnect();
  // The RPC is over.
  void Leave();

  // LocalActor
  void OnMail() override;

  // LiveStream
  void CloseForShutdown() override;
  void Tick(std::chrono::steady_clock::time_point now) override;

 private:
  absl::Status CheckOpen(const v1::ActorCommand::Open& open);
  // Rules that came meanwhile count for what is still to be told.
  absl::Status AskAgain();
  void RefuseToWait();
  void CountUnread();

  Gateway& gateway_;
  ResponseWriter& writer_;
  const Method method_;
  const Caller caller_;
  uint64_t asked_at_;  // version of the terms; the composer's once it is open
  std::string name_;   // that it has registered
  Lease lease_;        // of an actor that is open, until the RPC is over
  std::weak_ptr<ActorSession> self_;
  ActorOutbox outbox_;
  EventBuffer events_;  // the composer's, or gRPC's while it is written
  std::atomic<bool> open_ = false;
  QuietTime quiet_;  // the main thread's
};

}  // namespace thespian::gateway

#endif  // SERVER_STREAM_ACTOR_SESSION_H_
