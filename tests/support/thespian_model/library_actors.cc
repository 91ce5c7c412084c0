#include "tests/support/thespian_model/library_actors.h"

#include <string>
#include <utility>

#include "tests/support/thespian_model/cbor_match.h"
#include "tests/support/thespian_model/cbor_writer.h"
#include "tests/support/thespian_model/exits.h"

namespace thespian::gateway::model {
namespace {

std::string OrderOf(ActorId self, std::string_view message) {
  return Pack("send", Lpid{self.value}, "test_receiver", Raw{message});
}

}  // namespace

Turn EchoId::Receive(ActorId from, std::string_view message) {
  const bool first = !std::exchange(ordered_, true);
  return Send(from, first ? OrderOf(self(), message) : Pack("done"));
}

Turn DieTest::Receive(ActorId from, std::string_view message) {
  if (std::exchange(ordered_, true)) return ExitOf("die_test");
  return Send(from, OrderOf(self(), message));
}

}  // namespace thespian::gateway::model
