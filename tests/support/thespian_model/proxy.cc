#include "tests/support/thespian_model/proxy.h"

#include "tests/support/thespian_model/cbor_writer.h"
#include "tests/support/thespian_model/exits.h"

namespace thespian::gateway::model {

Turn Proxy::Receive(ActorId from, std::string_view message) {
  Turn turn;
  if (Obey(from, message, turn)) return turn;
  return Send(endpoint_, Pack("send", Lpid{from.value}, remote_, Raw{message}));
}

bool Proxy::Obey(ActorId from, std::string_view message, Turn& turn) {
  Matcher match(message);
  std::string_view text;
  Lpid target;
  Raw payload;
  if (match("endpoint_exit", &text)) {
    turn = ExitOf(text);
  } else if (match("exit", &text)) {
    turn = TakeExit(from, text);
  } else if (generation_ == Generation::k16k && match("establish_wire_link")) {
    turn = actors().Link(self(), from);
    if (!turn) turn = LinkOnTheWire(from);
  } else if (match("set_notify", &target)) {
    const ActorId actor{target.value};
    if (actors().lives(actor)) turn = actors().Link(self(), actor);
  } else if (match("deliver_named", &text, &payload)) {
    turn = Send(actors().Find(text), std::string(payload.item));
  } else if (match("deliver_pid", &target, &payload)) {
    turn = Deliver({target.value}, payload.item);
  } else if (match.fault() != Fault::kNone) {
    turn = ExitOf(NameOf(match.fault()));
  } else {
    return false;
  }
  return true;
}

Turn Proxy::TakeExit(ActorId from, std::string_view reason) {
  if (from != endpoint_) {
    actors().Tell(self(), endpoint_,
                  Pack("local_link_exit", Lpid{from.value}, reason));
    return kGoesOn;
  }
  actors().Tell(self(), endpoint_, Pack("proxy_exit", remote_, reason));
  return ExitOf(reason);
}

// One that has gone is no DEADSEND if it is addressed by its id.
Turn Proxy::Deliver(ActorId to, std::string_view payload) {
  return actors().lives(to) ? Send(to, std::string(payload)) : kGoesOn;
}

Turn Proxy::Linked(ActorId by) {
  return generation_ == Generation::k32k ? LinkOnTheWire(by) : kGoesOn;
}

Turn Proxy::LinkOnTheWire(ActorId local) {
  return Send(endpoint_, Pack("link_wire", Lpid{local.value}, remote_));
}

}  // namespace thespian::gateway::model
