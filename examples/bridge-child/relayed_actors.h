// The far actors that the near gateway has been told of: by which ids, who
// heard of them, and when each may be said to have ended.
//
// What a far actor says comes on the streams of those it speaks to, and its end
// on another, the watch. Its end is passed on only when everyone who heard of
// it has heard the last of it, so that an `exit` never overtakes a message.
//
// An id of the far child is kept, if it is below 2^52 and of the first run of
// that child which was heard of. Others get ids from 2^52 up, each used once:
// an id that a client of the near gateway still holds never means another actor
// later.
//
// Ownership: owns everything.
// Threads:   thread-compatible.
// Errors:    what would be too much is refused.
// Memory:    about 200 bytes an actor and 100 bytes for each who heard of it,
//   at most Limits of both; and kMaxTombstones actors that ended unheard.
#ifndef EXAMPLES_BRIDGE_CHILD_RELAYED_ACTORS_H_
#define EXAMPLES_BRIDGE_CHILD_RELAYED_ACTORS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "examples/bridge-child/far_actor.h"

namespace thespian::gateway::bridge {

class RelayedActors {
 public:
  static constexpr uint64_t kFirstMapped = uint64_t{1} << 52;
  static constexpr size_t kMaxTombstones = 4'096;

  struct Limits {
    size_t actors = 200'000;
    size_t hearers = 1'000'000;  // the sum over all actors
  };

  RelayedActors() : RelayedActors(Limits()) {}
  explicit RelayedActors(const Limits& limits) : limits_(limits) {}

  // `peer` hears of `far`, which has an id from now on. Nothing: too many.
  std::optional<ActorId> Hear(const FarActor& far, PeerId peer);

  // The same, for a link: should `peer` be lost, the actor has ended for it.
  std::optional<ActorId> Link(const FarActor& far, PeerId peer);

  // Null if there is none of that id, or it has ended.
  const FarActor* Find(ActorId id) const;

  // Whether it has ended but may not be said to have: that follows.
  bool IsEnding(ActorId id) const;

  // `far` has begun: the actor of that id that ended was another.
  void Begin(const FarActor& far);

  // `far` has ended and says nothing more; what it said may still be coming.
  void End(const FarActor& far, std::string_view reason);

  // To be forgotten at once: whoever is linked to it is told `reason`.
  void Drop(const FarActor& far, std::string_view reason);

  // `peer` has heard the last of `far`, or of every run up to `last`.
  void Settle(const FarActor& far, PeerId peer);
  void SettleRuns(PeerId peer, Incarnation last);

  // `peer` has ended.
  void Forget(PeerId peer);
  // `peer` lives, but nothing reaches it any more; its links have ended.
  void Lose(PeerId peer, std::string_view reason);

  // Whether `peer` has heard the last of `far` must be found out.
  struct Question {
    PeerId peer;
    FarActor far;
  };
  std::vector<Question> TakeQuestions() {
    return std::exchange(questions_, {});
  }

  // Everyone has heard the last of it: this is the near gateway's to know.
  struct Ended {
    ActorId id;
    std::string reason;
  };
  std::vector<Ended> TakeEnded() { return std::exchange(ended_, {}); }

  size_t size() const { return actors_.size(); }

 private:
  struct Relayed {
    FarActor far;
    absl::flat_hash_set<PeerId> hearers;
    std::optional<std::string> end;
  };
  using Actors = absl::flat_hash_map<ActorId, Relayed>;
  // Of one peer: of whom it hears, and whether there is a link.
  using HeardOf = absl::flat_hash_map<ActorId, bool>;

  std::optional<ActorId> Note(const FarActor& far, PeerId peer, bool linked);
  bool Heard(ActorId id, PeerId peer, bool linked);
  Actors::iterator Enter(const FarActor& far);
  ActorId ChooseId(const FarActor& far);
  void Bury(const FarActor& far, std::string_view reason);
  void SettleId(ActorId id, PeerId peer);
  void FinishIfSettled(Actors::iterator actor);
  void Finish(Actors::iterator actor, std::string_view reason);

  const Limits limits_;
  Actors actors_;
  absl::flat_hash_map<FarActor, ActorId> ids_;
  absl::flat_hash_map<PeerId, HeardOf> heard_;
  size_t hearers_ = 0;
  std::optional<Incarnation> first_run_;
  ActorId next_mapped_{kFirstMapped};
  // Those that ended before anyone was known to have heard of them: what they
  // said may still come.
  absl::flat_hash_map<FarActor, std::string> tombs_;
  std::deque<FarActor> oldest_tombs_;
  std::vector<Question> questions_;
  std::vector<Ended> ended_;
};

}  // namespace thespian::gateway::bridge

#endif  // EXAMPLES_BRIDGE_CHILD_RELAYED_ACTORS_H_
