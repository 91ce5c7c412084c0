// The way from the actors of one endpoint, A, to those of another, B: whatever
// they say waits in one bounded mailbox and goes on in its order.
//
// A's loop fills the mailbox like that of any local actor, and empties it into
// B's writer, which never blocks. What B's writer has no room for stays here,
// and so does all that comes after it, until there is room. If the mailbox
// overflows, the lane ends: what waits is dropped, its relayed actors end with
// `mailbox_full`, and another lane begins.
//
// Ownership: shared by A's relay and by whoever is to call it when B has room.
//   Holds B's endpoint weakly: one that is replaced or removed can go.
// Threads:   A's loop's alone. Room is told by any thread, which posts.
// Errors:    what B refuses is counted and told to the journal.
// Memory:    the mailbox's limits, one batch for B, and its relayed actors.
#ifndef ENDPOINT_RELAY_RELAY_LANE_H_
#define ENDPOINT_RELAY_RELAY_LANE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "endpoint/actors/local_actors.h"
#include "endpoint/actors/mailbox.h"
#include "endpoint/loop/loop_thread.h"
#include "endpoint/relay/relay_stats.h"
#include "endpoint/relay/relayed_actor.h"
#include "endpoint/relay/relays.h"
#include "endpoint/session/frame_batch.h"
#include "endpoint/session/session_sender.h"

namespace thespian::gateway {

class EndpointRelay;

class RelayLane final : public LocalActor,
                        public std::enable_shared_from_this<RelayLane> {
 public:
  // All but `target` outlive the loop.
  RelayLane(EndpointRelay& owner, Relays& relays, EndpointName from,
            const std::shared_ptr<SessionSender>& target,
            std::shared_ptr<LoopThread> loop);

  // What the mailbox takes. `speaker` is a relayed actor of the lane; 0 where
  // nobody speaks.
  static MailHead ToActor(LocalId speaker, const RelayOrigin& to);
  static MailHead ToName(LocalId speaker, std::string_view name);
  static MailHead LinkOf(LocalId actor, const RelayOrigin& to);
  static MailHead EndOf(LocalId actor);

  // Goes on with what waits.
  void OnMail() override { Run(); }

  void CountIn() { stats_->CountIn(); }

  // An actor that speaks through this lane from now on.
  void Adopt(const std::shared_ptr<RelayedActor>& actor);
  // `actor` stands for one of B, and one of A is linked to it: it ends, too, if
  // the lane overflows. Until the link has ended, or all have.
  void NoteLinked(const std::shared_ptr<RelayedActor>& actor);
  void NoteUnlinked(LocalId actor) { linked_.erase(actor); }
  void ForgetLinks() { linked_.clear(); }

  // For the other endpoint, which has no room.
  bool waits() const { return awaits_room_; }

  EndpointName to() const { return to_; }
  // Null: the endpoint is gone.
  std::shared_ptr<SessionSender> target() const { return target_.lock(); }

  // What waits is dropped, and the relayed actors end.
  void End(std::string_view reason);

 private:
  void Run();
  void GoOn();
  // False: there is no room for item `i` yet, and nothing of it was done.
  bool Do(size_t i, SessionSender* target);
  bool Send(const MailHead& head, std::string_view text, SessionSender* target);
  bool Link(const MailHead& head, SessionSender* target);
  bool Submit(SessionSender* target);
  void AwaitRoom(SessionSender& target);
  void OnRoom();
  void Refuse(const Outgoing& message, const absl::Status& why);
  void EndActor(LocalId id, std::string_view reason);
  // What there is from item `from` on is not done any more.
  void Drop(const Mail& mail, size_t from);

  EndpointRelay& owner_;
  const Relays::Deps deps_;
  const std::weak_ptr<SessionSender> target_;
  const EndpointName to_;
  const uint8_t group_;  // see LocalActor::NoteKnownTo
  const std::shared_ptr<LoopThread> loop_;
  const std::shared_ptr<SharedRelayLaneStats> stats_;

  absl::flat_hash_map<LocalId, std::shared_ptr<RelayedActor>> relayed_;
  absl::flat_hash_map<LocalId, std::shared_ptr<RelayedActor>> linked_;
  Mail mail_;
  size_t next_ = 0;  // item of mail_
  std::optional<FrameBatch> batch_;
  bool awaits_room_ = false;
  bool ended_ = false;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_RELAY_RELAY_LANE_H_
