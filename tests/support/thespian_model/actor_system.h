// The actors of one process, and the messages between them.
//
// Messages are CBOR, those of the library to its own actors too: that is why a
// client can say them. All wait in one queue, so that a run is the same each
// time; a real process has threads, and promises less.
//
// Ownership: owns the actors.
// Threads:   thread-compatible.
// Errors:    an actor's error is the message that it ends with.
// Memory:    not bounded: whatever it is sent.
#ifndef TESTS_SUPPORT_THESPIAN_MODEL_ACTOR_SYSTEM_H_
#define TESTS_SUPPORT_THESPIAN_MODEL_ACTOR_SYSTEM_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "tests/support/thespian_model/ids.h"

namespace thespian::gateway::model {

class ActorSystem;

// What an actor's turn comes to: nothing, or the exit message that it ends
// with.
using Turn = std::optional<std::string>;
inline constexpr std::nullopt_t kGoesOn = std::nullopt;

// Which actor one is, and where.
struct Place {
  ActorSystem& system;
  ActorId self;
};

class Actor {
 public:
  explicit Actor(Place place) : place_(place) {}
  virtual ~Actor() = default;

  // Its first turn.
  virtual Turn Start() { return kGoesOn; }
  virtual Turn Receive(ActorId from, std::string_view message) = 0;
  // Another actor has linked itself to this one.
  virtual Turn Linked(ActorId /*by*/) { return kGoesOn; }
  // It has ended, and those that were linked have been sent its exit.
  virtual void Ended() {}

  // Whether it receives exits, instead of ending with them.
  virtual bool traps_exits() const { return false; }

 protected:
  ActorSystem& actors() const { return place_.system; }
  ActorId self() const { return place_.self; }
  Turn Send(ActorId to, std::string message) const;

 private:
  const Place place_;
};

class ActorSystem {
 public:
  // Starts an actor of the class A, made from its place and `arguments`.
  template <typename A, typename... Arguments>
  ActorId Spawn(std::string name, Arguments&&... arguments) {
    const ActorId id{++last_id_};
    Enter(id, std::move(name),
          std::make_unique<A>(Place{*this, id},
                              std::forward<Arguments>(arguments)...));
    return id;
  }

  // For send_named. Nobody has the id 0.
  void Register(const std::string& name, ActorId id) { names_[name] = id; }
  ActorId Find(std::string_view name) const;
  bool lives(ActorId id) const { return actors_.contains(id.value); }

  // Comes to an exit message, DEADSEND, if `to` has gone and `from` has not.
  Turn Send(ActorId from, ActorId to, std::string message);
  // The same, when the sender does not care.
  void Tell(ActorId from, ActorId to, std::string message);
  // Each is told of the other's end; for good.
  Turn Link(ActorId from, ActorId to);
  // The same at once, for an actor that is started as linked.
  void Join(ActorId one, ActorId other);

  // Until no message is left.
  void Run();

  // The first actor has ended; so does the process, when no message is left.
  void Finish(std::string_view reason) { finish_.emplace(reason); }
  const std::optional<std::string>& finish() const { return finish_; }

 private:
  struct Resident {
    std::string name;
    std::unique_ptr<Actor> actor;
    std::vector<ActorId> links;
  };
  struct Letter {
    ActorId from;
    ActorId to;
    std::string message;  // empty: its first turn
  };

  void Enter(ActorId id, std::string name, std::unique_ptr<Actor> actor);
  Resident* At(ActorId id);
  static Turn TurnOf(Resident& resident, const Letter& letter);
  void End(ActorId id, const std::string& exit_message);

  uint64_t last_id_ = 0;
  absl::flat_hash_map<uint64_t, std::unique_ptr<Resident>> actors_;
  std::map<std::string, ActorId, std::less<>> names_;
  std::deque<Letter> letters_;
  std::optional<std::string> finish_;
};

}  // namespace thespian::gateway::model

#endif  // TESTS_SUPPORT_THESPIAN_MODEL_ACTOR_SYSTEM_H_
