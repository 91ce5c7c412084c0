// The part of one endpoint, A, in what the actors of different endpoints say to
// each other: its relayed actors, and its lanes to other endpoints.
//
// Actor a of A speaks to the actors of endpoint B as the relayed actor R(a, B),
// a local actor with an id of its own. What an actor b of B sends to R(a, B)
// comes to a from R(b, A), and so on.
//
// Links and ends. Let a link itself to R(b, A), or b to R(a, B). The link is
// made in the table of the endpoint whose actor asked, as any other, and the
// lane then makes the other one, so that both children know of it and will tell
// of their actor's end. When a ends (by `exit`, by a release, with its
// transport), every R(a, *) does, for that reason, linked or not, and after
// what a said before: the end goes through the lane. Nothing else tells B of
// a's end, and nothing else ends R(a, B) but a lane that overflows or is given
// up. So each of B's actors that knows a is told of its end
//   * at least once: a's end ends R(a, B) (or finds that the lane does), the
//     end of a local actor is told to each child that knows it, and whoever
//     comes later, or links itself when R(a, B) is no longer in the registry,
//     is answered `no_such_actor`, as with any local actor;
//   * at most once: of several ends of one local actor the first one counts
//     (LocalActor::End), a child is told once (RemoteActors::EndLocal), and a
//     relayed actor's mailbox is closed, so that the end of a link in A's table
//     is not a second way.
// That a message of R(a, B) never follows its end is so because R(a, B) is
// made, speaks and ends on A's loop alone, in the order of its lane: others
// that want it to end ask A's loop (RelayedActor::AskToEnd).
//
// Ownership: owns the lanes with B's relay callers, and the relayed actors with
//   the registry.
// Threads:   A's loop's alone.
// Errors:    a reason why a message is undeliverable; empty: it is under way.
// Memory:    for each actor of A that has spoken to others and each such
//   endpoint a local actor, of which there are at most so many; and the lanes.
#ifndef ENDPOINT_RELAY_ENDPOINT_RELAY_H_
#define ENDPOINT_RELAY_ENDPOINT_RELAY_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "endpoint/actors/delivery_batch.h"
#include "endpoint/actors/local_actors.h"
#include "endpoint/loop/loop_thread.h"
#include "endpoint/relay/relay_lane.h"
#include "endpoint/relay/relayed_actor.h"
#include "endpoint/relay/relays.h"
#include "endpoint/relay/routes.h"

namespace thespian::gateway {

class EndpointRelay {
 public:
  struct Deps {
    Relays& relays;
    EndpointName endpoint;
    Routes routes;
    std::shared_ptr<LoopThread> loop;
  };
  // An actor of the endpoint; `remote` 0: nobody.
  struct Speaker {
    Incarnation incarnation;
    RemoteId remote;

    friend bool operator==(const Speaker&, const Speaker&) = default;
    template <typename H>
    friend H AbslHashValue(H state, const Speaker& speaker) {
      return H::combine(std::move(state), speaker.incarnation, speaker.remote);
    }
  };

  explicit EndpointRelay(Deps deps) : deps_(std::move(deps)) {}
  EndpointRelay(const EndpointRelay&) = delete;
  EndpointRelay& operator=(const EndpointRelay&) = delete;

  bool has_routes() const { return !deps_.routes.empty(); }
  void SetRoutes(Routes routes) { deps_.routes = std::move(routes); }
  // Whether any actor of the endpoint has spoken to another's.
  bool speaks() const { return !senders_.empty(); }
  // Whether anything that they have said still waits.
  bool waits() const;

  // `from` sends to an actor of another endpoint, by id or by name. What is to
  // be woken for it goes to `mail`.
  std::string_view SendTo(const RelayOrigin& to, const Speaker& from,
                          std::string_view payload, DeliveryBatch& mail);
  std::string_view SendToName(std::string_view name, const Speaker& from,
                              std::string_view payload, DeliveryBatch& mail);

  // A link between `from` and the relayed actor `to` has been made in the
  // endpoint's table. `by_remote`: by `from`, and the other endpoint is told;
  // if `from` can't have a relayed actor there, `to` ends.
  void NoteLinked(const std::shared_ptr<LocalActor>& to, const Speaker& from,
                  bool by_remote, DeliveryBatch& mail);
  // The relayed actor `id` of another endpoint has ended.
  void NoteUnlinked(LocalId id);
  // The table of links is gone.
  void ForgetLinks();

  // `speaker` has ended.
  void EndSpeaker(const Speaker& speaker, std::string_view reason,
                  DeliveryBatch& mail);

  // The endpoint is given up: nothing waits any more.
  void EndAll();

  // For RelayedActor.
  void EndOne(const RelayedActor& actor, std::string_view reason);
  // For RelayLane: it takes nothing any more.
  void Forget(const RelayLane& lane);

 private:
  using SharedLane = std::shared_ptr<RelayLane>;
  struct Relayed {
    SharedLane lane;
    std::shared_ptr<RelayedActor> actor;
  };
  struct Sender {
    LocalId key;  // of RelayHost::FindMember; 0: it did not ask
    absl::InlinedVector<Relayed, 1> relayed;
  };

  SharedLane LaneOf(const RelayOrigin& to);
  SharedLane LaneTo(const std::shared_ptr<SessionSender>& target);
  void EndLanesToNobody();
  LocalId KeyOf(const Speaker& speaker);
  // Its relayed actor for that lane; 0 for nobody. False: there are too many.
  bool FindOrOpen(const Speaker& speaker, const SharedLane& lane, LocalId& id);
  std::string_view Put(const Speaker& from, const SharedLane& lane,
                       MailHead head, std::string_view text,
                       DeliveryBatch& mail);
  // `sender` is gone if nothing is left of it.
  void DropIfEmpty(const Speaker& speaker);

  Deps deps_;
  absl::flat_hash_map<Speaker, Sender> senders_;
  absl::flat_hash_map<const SessionSender*, SharedLane> lanes_;
  // Of lanes_, by whom they lead to.
  absl::flat_hash_map<std::pair<EndpointName, Incarnation>, SharedLane> known_;
  std::string text_;  // of SendToName
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_RELAY_ENDPOINT_RELAY_H_
