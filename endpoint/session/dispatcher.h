// Does what one incarnation's child says: the reader's half of the protocol,
// section 3.
//
// Ownership: borrows everything but what it counts; its session owns the rest,
//   or its endpoint.
// Threads:   the loop's alone.
// Errors:    DATA_LOSS from OnFrame when the stream can't be trusted any more.
//   What can't be delivered is answered, counted and told to the journal; what
//   is not understood is logged, too, at most once a second.
// Memory:    until Flush, events of what one read of the child brings, and of
//   the local actors that ended together, with a frame for each of these; and
//   the most recent 4,096 links that an exit with details ended.
#ifndef ENDPOINT_SESSION_DISPATCHER_H_
#define ENDPOINT_SESSION_DISPATCHER_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "endpoint/actors/delivery_batch.h"
#include "endpoint/actors/held_exits.h"
#include "endpoint/actors/local_actors.h"
#include "endpoint/actors/remote_actors.h"
#include "endpoint/clock.h"
#include "endpoint/journal/event_journal.h"
#include "endpoint/log_throttle.h"
#include "endpoint/session/frame_writer.h"
#include "endpoint/session/stats.h"
#include "endpoint/wire/dialects.h"
#include "endpoint/wire/message.h"
#include "spdlog/logger.h"

namespace thespian::gateway {

class EndpointRelay;

class Dispatcher {
 public:
  // What the dispatcher works on.
  struct Deps {
    const Clock& clock;
    spdlog::logger& log;
    EventJournal& journal;
    LocalActors& locals;
    RemoteActors& remotes;
    HeldExits& held;
    FrameWriter& writer;
    SharedInboundStats& stats;  // continued, and published by Flush
    const DialectRow& dialect = RowOf(Dialect::kPlain);
    size_t max_proxies = 0;          // 0: any number
    bool strict = false;             // what is not understood ends the stream
    EndpointRelay* relay = nullptr;  // null: nothing goes to other endpoints
    uint8_t group = 0;               // see LocalActor::NoteKnownTo
  };

  Dispatcher(const Deps& deps, EndpointName endpoint, Incarnation incarnation);

  // Does what one frame says, which came at `now`.
  absl::Status OnFrame(std::string_view content, absl::Time now);

  // Frames of this run so far, and what the child probably needs.
  uint64_t frames() const { return frames_; }
  const std::vector<std::string>& hints() const { return hints_; }

  // A frame of this size was passed over.
  absl::Status OnSkippedFrame(uint64_t size);

  // Counts what was read, for the stats.
  void CountBytes(size_t bytes) { stats_.bytes += bytes; }

  // What the child gave as the reason to end the stream, once it has.
  const std::optional<std::string>& goodbye() const { return goodbye_; }

  // Drops a proxy; linked local actors are told `reason`. False: there is
  // none.
  bool Release(RemoteId remote, std::string_view reason);

  // Drops the proxies that have been idle since then.
  void ReleaseIdle(absl::Time since);

  // The stream is given up: the child is told of the end of every actor that it
  // knows, and then of `reason`. Nothing is written after it, and whoever still
  // wants to gets `refusal`.
  void Leave(std::string_view reason, const absl::Status& refusal);

  // Ends every proxy with transport_closed.
  void CloseAll();

  // Tells the journal, the local actors and the child what came since the last
  // Flush.
  void Flush();

  // A client links itself to a remote actor. `told`: the frame is already on
  // its way to the child.
  void LinkFromClient(const std::shared_ptr<LocalActor>& actor, RemoteId remote,
                      bool told);

  // A local actor has ended: its links do, and the child is told if it has
  // seen the actor, now or, as the dialect says, later. Comes after every
  // LinkFromClient of the actor.
  void EndLocal(const LocalActor& actor);

  // Tells the child of the ends that have been held long enough.
  void ReleaseHeldExits();

 private:
  void On(const SendMessage& message);
  void On(const SendNamedMessage& message);
  void On(const LinkMessage& message);
  void On(const ExitMessage& message);
  void On(const TransportErrorMessage& message);

  // A message for an actor that is not there any more.
  void AnswerMissing(LocalId to);
  // True: the message is how a linked actor's end is told, with details.
  bool TakeDetailedExit(const SendMessage& message);
  bool WasToldAlready(RemoteId remote, LocalId local);

  const std::shared_ptr<LocalActor>& FindLocal(LocalId id);
  void NoteSpoke(RemoteId remote, bool message);
  void Deliver(const std::shared_ptr<LocalActor>& actor, MessageReceived event,
               std::string_view payload, std::string_view if_none);
  // Counts and tells a message; `why` it is undeliverable, empty if it is not.
  void Account(MessageReceived event, std::string_view why);
  // True: `actor` stands for one of another endpoint, to which the message
  // went.
  bool Relay(const LocalActor* actor, MessageReceived& event,
             std::string_view payload);
  // True: they were not linked before.
  bool LinkTo(const std::shared_ptr<LocalActor>& actor, RemoteId remote,
              bool by_remote);
  // `details`: CBOR items, end to end.
  void TellExited(const std::shared_ptr<LocalActor>& actor, RemoteId remote,
                  std::string_view reason, std::string_view details = {});
  void EndProxy(RemoteId remote, const RemoteActors::Locals& linked,
                std::string_view reason, CloseCause cause,
                std::string_view details = {});
  void AnswerExit(LocalId local);
  template <typename Control>
  void AppendControl(const Control& control) {
    AppendFrame(control, controls_, deps_.dialect.ids);
    ++control_frames_;
  }
  void AppendExit(const HeldExits::Exit& exit) {
    AppendControl(ExitMessage{{exit.local.value}, exit.reason});
  }
  void HoldExit(const HeldExits::Exit& exit, HeldExits::Replies replies);
  // `shown`: the frame's content, as far as there is any.
  void Reject(uint64_t size, std::string_view why, std::string_view shown = {});
  void NoteForms(const IdForms& forms);
  void Warn(std::string_view text, std::string_view hint);
  template <typename Body>
  void Tell(Body&& body) {
    events_.push_back({.endpoint = endpoint_,
                       .incarnation = incarnation_,
                       .body = std::forward<Body>(body)});
  }
  // One end may have very many links: what it brings is not all held at once.
  void FlushIfMany();
  std::string EventPayload(std::string_view payload) const;

  const Deps deps_;
  const EndpointName endpoint_;
  const Incarnation incarnation_;

  uint64_t frames_ = 0;
  bool warned_of_form_ = false;
  bool warned_of_tags_ = false;
  std::vector<std::string> hints_;
  LogThrottle reject_log_{std::chrono::seconds(1)};
  // Links that a detailed exit ended before the child told of them: it does,
  // each by a message of its own.
  std::deque<std::pair<RemoteId, LocalId>> told_already_;

  std::optional<std::string> goodbye_;
  absl::Status fault_;  // what was not understood, if that is fatal
  std::vector<ProxyEvent> events_;
  std::shared_ptr<LocalActor> last_found_;  // since the last Flush
  absl::Time now_;                          // when the last frame came
  DeliveryBatch mail_;
  std::string controls_;  // for the child, and how many they are
  size_t control_frames_ = 0;
  InboundStats stats_;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_SESSION_DISPATCHER_H_
