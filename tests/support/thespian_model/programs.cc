#include "tests/support/thespian_model/programs.h"

#include <string>
#include <utility>

#include "endpoint/check.h"
#include "tests/support/thespian_model/actors.h"
#include "tests/support/thespian_model/control.h"
#include "tests/support/thespian_model/endpoint.h"
#include "tests/support/thespian_model/library_actors.h"

namespace thespian::gateway::model {
namespace {

constexpr ActorId kEndpoint{12};  // of the program with all the actors

template <typename A, typename... Arguments>
ActorId StartNamed(ActorSystem& system, const std::string& name,
                   Arguments&&... arguments) {
  const ActorId id =
      system.Spawn<A>(name, std::forward<Arguments>(arguments)...);
  system.Register(name, id);
  return id;
}

ActorId StartEndpoint(Generation generation, const Wire& wire, ActorId control,
                      ActorSystem& system) {
  const ActorId endpoint =
      system.Spawn<Endpoint>("endpoint_stdio", generation, wire);
  system.Join(control, endpoint);
  return endpoint;
}

}  // namespace

ActorId StartActors(Generation generation, const Wire& wire,
                    ActorSystem& system) {
  const ActorId control = system.Spawn<Control>("control");
  StartNamed<Echo>(system, "echo");
  StartNamed<Dier>(system, "dier");
  StartNamed<Linker>(system, "linker", generation);
  StartNamed<Spawner>(system, "spawner");
  StartNamed<Burst>(system, "burst");
  StartNamed<Counter>(system, "counter");
  StartNamed<Namer>(system, "namer", kEndpoint);
  StartNamed<Worker>(system, "worker");
  StartNamed<Wedge>(system, "wedge");
  StartNamed<Keeper>(system, "keeper");
  const ActorId endpoint = StartEndpoint(generation, wire, control, system);
  Check(endpoint == kEndpoint, "ids are counted from 1");
  return endpoint;
}

ActorId StartLibraryTestChild(Generation generation, const Wire& wire,
                              ActorSystem& system) {
  const ActorId control = system.Spawn<Control>("control", "die_test");
  system.Join(control, StartNamed<Echo>(system, "echo"));
  system.Join(control, StartNamed<EchoId>(system, "echo_id"));
  system.Join(control, StartNamed<DieTest>(system, "die_test"));
  return StartEndpoint(generation, wire, control, system);
}

}  // namespace thespian::gateway::model
