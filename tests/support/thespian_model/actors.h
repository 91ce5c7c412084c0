// The actors that the transcripts' children have. Each sends back what it has
// no answer to.
#ifndef TESTS_SUPPORT_THESPIAN_MODEL_ACTORS_H_
#define TESTS_SUPPORT_THESPIAN_MODEL_ACTORS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/support/thespian_model/actor_system.h"
#include "tests/support/thespian_model/generation.h"

namespace thespian::gateway::model {

class Echo : public Actor {
 public:
  using Actor::Actor;
  Turn Receive(ActorId from, std::string_view message) override;
};

// ["die", reason].
class Dier : public Echo {
 public:
  using Echo::Echo;
  Turn Receive(ActorId from, std::string_view message) override;
};

// Traps exits, and tells of them on stderr. ["link_me"]: links itself to the
// sender, in the way of its generation, and answers ["linked"].
class Linker : public Dier {
 public:
  Linker(Place place, Generation generation)
      : Dier(place), generation_(generation) {}
  Turn Receive(ActorId from, std::string_view message) override;
  bool traps_exits() const override { return true; }

 private:
  Turn LinkTo(ActorId peer);

  const Generation generation_;
};

// Like Dier; ["normal"] too. With someone to greet, it starts with
// ["hello", its id].
class Worker : public Dier {
 public:
  explicit Worker(Place place, ActorId greet = {})
      : Dier(place), greet_(greet) {}
  Turn Start() override;
  Turn Receive(ActorId from, std::string_view message) override;

 private:
  const ActorId greet_;
};

// Starts a worker that greets the sender.
class Spawner : public Actor {
 public:
  using Actor::Actor;
  Turn Receive(ActorId from, std::string_view message) override;
};

// ["burst", n]: sends ["b", i] n times.
class Burst : public Echo {
 public:
  using Echo::Echo;
  Turn Receive(ActorId from, std::string_view message) override;
};

// ["get"]: ["count", how many other messages there were].
class Counter : public Actor {
 public:
  using Actor::Actor;
  Turn Receive(ActorId from, std::string_view message) override;

 private:
  uint64_t count_ = 0;
};

// ["to", name, payload]: sends it to our actor of that name.
class Namer : public Echo {
 public:
  Namer(Place place, ActorId endpoint) : Echo(place), endpoint_(endpoint) {}
  Turn Receive(ActorId from, std::string_view message) override;

 private:
  const ActorId endpoint_;
};

// ["crash"] aborts, ["exit_code", n] exits, ["print"] prints to stdout.
class Wedge : public Echo {
 public:
  using Echo::Echo;
  Turn Receive(ActorId from, std::string_view message) override;
};

// ["keep"] keeps the sender, ["poke"] sends it ["late"].
class Keeper : public Echo {
 public:
  using Echo::Echo;
  Turn Receive(ActorId from, std::string_view message) override;

 private:
  ActorId kept_;
};

}  // namespace thespian::gateway::model

#endif  // TESTS_SUPPORT_THESPIAN_MODEL_ACTORS_H_
