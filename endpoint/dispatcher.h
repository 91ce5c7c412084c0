// Does what one incarnation's child says: the reader's half of the protocol,
// section 3.
//
// Ownership: borrows everything but its figures; its endpoint owns the rest
//   and outlives it.
// Threads:   the loop's alone.
// Errors:    DATA_LOSS from OnFrame when the stream can't be trusted any more.
//   What can't be delivered is answered, counted and told to the journal; what
//   is not understood is logged, too, at most once a second.
// Memory:    until Flush, events of what one read of the child brings, and of
//   the local actors that ended together, with a frame for each of these; and
//   the most recent 4,096 links that an exit with details ended.
#ifndef ENDPOINT_DISPATCHER_H_
#define ENDPOINT_DISPATCHER_H_

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
#include "endpoint/actors/held_exits.h"
#include "endpoint/actors/local_actors.h"
#include "endpoint/actors/mail_round.h"
#include "endpoint/actors/remote_actors.h"
#include "endpoint/clock.h"
#include "endpoint/frame_writer.h"
#include "endpoint/journal/event_journal.h"
#include "endpoint/log_throttle.h"
#include "endpoint/mutex.h"
#include "endpoint/wire/dialects.h"
#include "endpoint/wire/message.h"
#include "spdlog/logger.h"

namespace thespian::gateway {

// Why a message reached nobody; also the reason that the child is answered.
inline constexpr std::string_view kNoSuchActorReason = "no_such_actor";
inline constexpr std::string_view kNoSuchNameReason = "no_such_name";
inline constexpr std::string_view kMailboxFullReason = "mailbox_full";
// The end of what has nothing more to say.
inline constexpr std::string_view kNormalReason = "normal";
// The reason with which proxies end when their child does.
inline constexpr std::string_view kTransportClosedReason = "transport_closed";
inline constexpr std::string_view kReleasedReason = "released";
inline constexpr std::string_view kIdleReason = "idle_timeout";
inline constexpr std::string_view kTooManyReason = "max_proxies";

// Of a payload, as much as an event carries.
inline constexpr size_t kEventPayloadBytes = 4'096;

// What came from the child. received = delivered + undeliverable.
struct InboundTally {
  uint64_t frames = 0;    // of every kind
  uint64_t received = 0;  // send and send_named
  uint64_t delivered = 0;
  std::map<std::string, uint64_t> undeliverable;  // by reason
  uint64_t skipped = 0;
  std::map<std::string, uint64_t> skipped_by_reason;
  uint64_t misplaced_tags = 0;  // messages with RPID first or LPID second
  uint64_t bytes = 0;
  uint64_t proxies_created = 0;
  uint64_t proxies_closed = 0;
};

// The figures of all incarnations, as they were at a moment between two
// frames. Safe from any thread.
class InboundFigures {
 public:
  void Set(const InboundTally& tally) {
    MutexLock lock(mutex_);
    tally_ = tally;
  }
  InboundTally Get() const {
    MutexLock lock(mutex_);
    return tally_;
  }

 private:
  mutable Mutex mutex_;
  InboundTally tally_ ABSL_GUARDED_BY(mutex_);
};

class Dispatcher {
 public:
  // What the dispatcher works on.
  struct Surroundings {
    const Clock& clock;
    spdlog::logger& log;
    EventJournal& journal;
    LocalActors& locals;
    RemoteActors& remotes;
    HeldExits& held;
    FrameWriter& writer;
    InboundFigures& figures;  // continued, and published by Flush
    const DialectRow& dialect = RowOf(Dialect::kPlain);
    size_t max_proxies = 0;  // 0: any number
    bool strict = false;     // what is not understood ends the stream
  };

  Dispatcher(const Surroundings& surroundings, EndpointName endpoint,
             Incarnation incarnation);

  // Does what one frame says, which came at `now`.
  absl::Status OnFrame(std::string_view content, absl::Time now);

  // Frames of this run so far, and what the child probably needs.
  uint64_t frames() const { return frames_; }
  const std::vector<std::string>& hints() const { return hints_; }

  // A frame of this size was passed over.
  absl::Status OnSkippedFrame(uint64_t size);

  // Counts what was read, for the figures.
  void CountBytes(size_t bytes) { tally_.bytes += bytes; }

  // What the child gave as the reason to end the stream, once it has.
  const std::optional<std::string>& goodbye() const { return goodbye_; }

  // Drops a proxy; linked local actors are told `reason`. False: there is
  // none.
  bool Release(RemoteId remote, std::string_view reason);

  // Drops the proxies that have been idle since then.
  void ReleaseIdle(absl::Time since);

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
  void ForgetLocal(const LocalActor& actor);

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
    AppendFrame(control, controls_, with_.dialect.ids);
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
  std::string EventPayload(std::string_view payload) const;

  const Surroundings with_;
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
  MailRound mail_;
  std::string controls_;  // for the child, and how many they are
  size_t control_frames_ = 0;
  InboundTally tally_;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_DISPATCHER_H_
