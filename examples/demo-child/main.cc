// thespian-demo-child: a child to try the gateway with. Its actors are listed
// in examples/demo-child/troupe.h.
//
// Exit codes: 0 after the end of stdin, 1 when stdin broke the protocol or a
// descriptor failed, 64 for a bad command line.
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <string_view>

#include "endpoint/wire/dialects.h"
#include "endpoint/wire/status_text.h"
#include "examples/demo-child/troupe.h"
#include "examples/stdio/log.h"
#include "examples/stdio/stdio_loop.h"
#include "fmt/format.h"

namespace thespian::gateway::demo {
namespace {

using stdio::Log;

constexpr int kExitFailure = 1;
constexpr int kExitUsage = 64;

constexpr size_t kOutboxBytes = 64u << 20;

constexpr char kHelp[] =
    R"(Usage: thespian-demo-child [--dialect NAME]
       thespian-demo-child --help | --version

A child process for thespian-gateway: speaks the remote actor protocol on stdin
and stdout until stdin ends, in the dialect plain (if none is given), thespian,
thespian-16k or thespian-seed. Its actors, by name:

  echo     (1)  sends back what it gets
  counter  (2)  ["count", n] for every message; ["reset"]
  ticker   (3)  ["subscribe"], ["subscribe", milliseconds], ["unsubscribe"]:
                ["tick", n]
  spawner  (4)  starts an actor for every message, which says ["hello", id],
                echoes, and ends on ["exit", reason]
  crash    (5)  ["exit", reason], ["abort"], ["exit_process", code],
                ["stderr", text]
)";

int Serve(Dialect dialect) {
  // A gateway that has gone is an error of write.
  std::signal(SIGPIPE, SIG_IGN);
  Outbox outbox(kOutboxBytes, dialect);
  Troupe troupe(outbox);
  Log(fmt::format("actors: {}", troupe.Describe()));
  stdio::StdioLoop loop({STDIN_FILENO, STDOUT_FILENO},
                        std::chrono::steady_clock::now, troupe, outbox);
  const absl::Status status = loop.Run();
  if (status.ok()) return 0;
  Log(MessageOf(status));
  return kExitFailure;
}

int RefuseUsage(std::string_view why) {
  Log(fmt::format("{}; see --help", why));
  return kExitUsage;
}

int Main(int argc, char** argv) {
  if (argc < 2) return Serve(Dialect::kPlain);
  const std::string_view option = argv[1];
  if (argc == 2 && option == "--help") {
    std::fputs(kHelp, stdout);
    return 0;
  }
  if (argc == 2 && option == "--version") {
    std::puts("thespian-demo-child " TG_VERSION);
    return 0;
  }
  if (argc == 3 && option == "--dialect") {
    const DialectRow* row = FindDialect(argv[2]);
    if (row != nullptr) return Serve(row->dialect);
    return RefuseUsage(fmt::format("there is no dialect '{}'", argv[2]));
  }
  return RefuseUsage(fmt::format("unknown argument '{}'", argv[argc - 1]));
}

}  // namespace
}  // namespace thespian::gateway::demo

int main(int argc, char** argv) {
  return thespian::gateway::demo::Main(argc, argv);
}
