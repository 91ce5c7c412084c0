#include "tests/support/thespian_model/endpoint.h"

#include <unistd.h>

#include <array>
#include <cerrno>

#include "tests/support/thespian_model/cbor_match.h"
#include "tests/support/thespian_model/cbor_writer.h"
#include "tests/support/thespian_model/exits.h"
#include "tests/support/thespian_model/proxy.h"

namespace thespian::gateway::model {
namespace {

constexpr size_t kReadBytes = 4096;

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = write(fd, bytes.data(), bytes.size());
    if (size >= 0) {
      bytes.remove_prefix(static_cast<size_t>(size));
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string Endpoint::ReadReady() { return Pack("fd", "stdin", "read_ready"); }

Turn Endpoint::Receive(ActorId /*from*/, std::string_view message) {
  if (message == ReadReady()) return ReadStdin();
  Turn turn;
  return Forward(message, turn) ? turn : Unexpected(message);
}

bool Endpoint::Forward(std::string_view message, Turn& turn) {
  Matcher match(message);
  Lpid from;
  Rpid to;
  std::string_view text;
  Raw raw;
  if (match("send", &from, &to, &raw)) {
    turn = Write(Pack("send", from, to, raw));
  } else if (match("send", &from, &text, &raw)) {
    turn = Write(Pack("send_named", from, text, raw));
  } else if (match("link_wire", &from, &to)) {
    turn = Write(Pack("link", from, to));
  } else if (match("local_link_exit", &from, &text)) {
    turn = Write(Pack("exit", from, text));
  } else if (match("proxy_exit", &to, &raw)) {
    proxies_.erase(to);
  } else if (match.fault() != Fault::kNone) {
    turn = ExitOf(NameOf(match.fault()));
  } else {
    return false;
  }
  return true;
}

Turn Endpoint::ReadStdin() {
  std::array<char, kReadBytes> buffer;
  const ssize_t size = read(wire_.in, buffer.data(), buffer.size());
  if (size < 0 && errno == EINTR) return kGoesOn;
  if (size <= 0) return SayGoodbye();
  frames_.Add({buffer.data(), static_cast<size_t>(size)});
  while (const auto content = frames_.Next()) {
    if (Turn end = Dispatch(*content)) return end;
  }
  return kGoesOn;
}

Turn Endpoint::SayGoodbye() {
  if (Turn end = Write(Pack("transport_error", wire_.goodbye))) return end;
  return ExitOf(wire_.goodbye);
}

Turn Endpoint::Dispatch(std::string_view content) {
  Matcher match(content);
  Lpid from;
  Rpid to;
  std::string_view text;
  Raw payload;
  if (match("send", &from, &to, &payload)) {
    return Send(ProxyOf(from), Pack("deliver_pid", Lpid{to.value}, payload));
  }
  if (match("send_named", &from, &text, &payload)) {
    return DispatchNamed(from, text, payload.item);
  }
  if (match("link", &from, &to)) {
    return Send(ProxyOf(from), Pack("set_notify", Lpid{to.value}));
  }
  if (match("exit", &from, &text)) {
    const auto proxy = proxies_.find({from.value});
    if (proxy != proxies_.end()) {
      actors().Tell(self(), proxy->second, Pack("exit", text));
    }
    return kGoesOn;
  }
  if (match("transport_error", &text)) return ExitOf(text);
  return ExitOf(match.fault() == Fault::kNone ? "error.UnknownMessageType"
                                              : NameOf(match.fault()));
}

// Nobody has no proxy here: the endpoint itself speaks.
Turn Endpoint::DispatchNamed(Lpid from, std::string_view name,
                             std::string_view payload) {
  if (from.value == 0) return Send(actors().Find(name), std::string(payload));
  return Send(ProxyOf(from), Pack("deliver_named", name, Raw{payload}));
}

ActorId Endpoint::ProxyOf(Lpid from) {
  const Rpid remote{from.value};
  const auto [place, is_new] = proxies_.try_emplace(remote);
  if (is_new) {
    place->second = actors().Spawn<Proxy>("proxy", generation_, self(), remote);
  }
  return place->second;
}

Turn Endpoint::Write(std::string_view content) {
  const std::optional<std::string> frame = Framed(generation_, content);
  if (!frame) return ExitOf("error.WriteFailed");
  if (!WriteAll(wire_.out, *frame)) return ExitOf("error.BrokenPipe");
  return kGoesOn;
}

void Endpoint::Ended() {
  for (const auto& [remote, proxy] : proxies_) {
    actors().Tell(self(), proxy, Pack("endpoint_exit", "transport_closed"));
  }
}

}  // namespace thespian::gateway::model
