#include "tests/support/thespian_model/actors.h"

#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>

#include "tests/support/thespian_model/cbor_match.h"
#include "tests/support/thespian_model/cbor_writer.h"
#include "tests/support/thespian_model/exits.h"

namespace thespian::gateway::model {

Turn Echo::Receive(ActorId from, std::string_view message) {
  return Send(from, std::string(message));
}

Turn Dier::Receive(ActorId from, std::string_view message) {
  std::string_view reason;
  if (Matcher(message)("die", &reason)) return ExitOf(reason);
  return Echo::Receive(from, message);
}

Turn Linker::Receive(ActorId from, std::string_view message) {
  Matcher match(message);
  std::string_view reason;
  if (match("exit", &reason)) {
    std::fprintf(stderr, "linker: got exit %.*s from PIID:%" PRIu64 "\n",
                 static_cast<int>(reason.size()), reason.data(), from.value);
    return kGoesOn;
  }
  if (!match("link_me")) return Dier::Receive(from, message);
  if (Turn end = LinkTo(from)) return end;
  return Send(from, Pack("linked"));
}

Turn Linker::LinkTo(ActorId peer) {
  return generation_ == Generation::k32k
             ? actors().Link(self(), peer)
             : Send(peer, Pack("establish_wire_link"));
}

Turn Worker::Start() {
  if (greet_ == ActorId{}) return kGoesOn;
  return Send(greet_, Pack("hello", self().value));
}

Turn Worker::Receive(ActorId from, std::string_view message) {
  if (Matcher(message)("normal")) return ExitOf("normal");
  return Dier::Receive(from, message);
}

Turn Spawner::Receive(ActorId from, std::string_view /*message*/) {
  actors().Spawn<Worker>("worker", from);
  return kGoesOn;
}

Turn Burst::Receive(ActorId from, std::string_view message) {
  uint64_t count = 0;
  if (!Matcher(message)("burst", &count)) return Echo::Receive(from, message);
  for (uint64_t i = 0; i < count; ++i) {
    if (Turn end = Send(from, Pack("b", i))) return end;
  }
  return kGoesOn;
}

Turn Counter::Receive(ActorId from, std::string_view message) {
  if (Matcher(message)("get")) return Send(from, Pack("count", count_));
  ++count_;
  return kGoesOn;
}

Turn Namer::Receive(ActorId from, std::string_view message) {
  std::string_view name;
  Raw payload;
  if (!Matcher(message)("to", &name, &payload)) {
    return Echo::Receive(from, message);
  }
  return Send(endpoint_, Pack("send", Lpid{self().value}, name, payload));
}

Turn Wedge::Receive(ActorId from, std::string_view message) {
  Matcher match(message);
  uint64_t code = 0;
  if (match("crash")) std::abort();
  if (match("exit_code", &code)) _exit(static_cast<int>(code));
  if (!match("print")) return Echo::Receive(from, message);
  std::fputs("hello there\n", stdout);
  std::fflush(stdout);
  return kGoesOn;
}

Turn Keeper::Receive(ActorId from, std::string_view message) {
  Matcher match(message);
  if (match("poke")) return Send(kept_, Pack("late"));
  if (!match("keep")) return Echo::Receive(from, message);
  kept_ = from;
  return kGoesOn;
}

}  // namespace thespian::gateway::model
