#include "tests/bench/websocketd.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "endpoint/check.h"
#include "endpoint/process/unique_fd.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"

namespace thespian::gateway::bench {
namespace {

// A free port that the system gives to nobody else while `socket` is open. One
// who asks for it by number gets it if he sets SO_REUSEADDR, as Go does.
struct HeldPort {
  UniqueFd socket;
  uint16_t number = 0;
};

HeldPort HoldPort() {
  UniqueFd held(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  constexpr int kOn = 1;
  setsockopt(held.get(), SOL_SOCKET, SO_REUSEADDR, &kOn, sizeof(kOn));
  sockaddr_in address{.sin_family = AF_INET,
                      .sin_addr = {htonl(INADDR_LOOPBACK)}};
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof(address);
  Check(bind(held.get(), raw, size) == 0, "there is a free port");
  Check(getsockname(held.get(), raw, &size) == 0, "a socket has an address");
  return {std::move(held), ntohs(address.sin_port)};
}

}  // namespace

Websocketd::Websocketd(const std::string& log) {
  const HeldPort held = HoldPort();
  port_ = held.number;
  absl::StatusOr<std::unique_ptr<ServedProgram>> program =
      ServedProgram::StartAt(
          {"websocketd", "--address=127.0.0.1", fmt::format("--port={}", port_),
           "--loglevel=fatal", "cat"},
          port_, log);
  if (!program.ok()) {
    fmt::print(stderr, "bench: websocketd (is it installed?): {}; see {}\n",
               MessageOf(program.status()), log);
    std::exit(70);
  }
  program_ = *std::move(program);
}

}  // namespace thespian::gateway::bench
