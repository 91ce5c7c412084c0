// thespian-bridge-child: the actors of another gateway, as a child of this one.
// docs/bridge.md tells what it does.
//
// Exit codes: 0 after the end of stdin, 1 when stdin broke the protocol or a
// descriptor failed, 64 for a bad command line, 69 when the far gateway could
// not be reached or was lost.
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>

#include "CLI/CLI.hpp"
#include "clients/cpp/client.h"
#include "endpoint/wire/status_text.h"
#include "examples/bridge-child/bridge.h"
#include "examples/stdio/log.h"
#include "examples/stdio/outbox.h"
#include "examples/stdio/stdio_loop.h"
#include "fmt/format.h"

namespace thespian::gateway::bridge {
namespace {

using stdio::Log;

constexpr int kExitFailure = 1;
constexpr int kExitUsage = 64;
constexpr int kExitBug = 70;
constexpr int kExitUnavailable = 69;

constexpr size_t kOutboxBytes = 8u << 20;
// Of one call, and so of an end while an anonymous message is being sent.
constexpr absl::Duration kDeadline = absl::Seconds(2);

struct Options {
  std::string gateway;
  std::string endpoint;
};

int Serve(client::Client& far, const std::string& endpoint) {
  // A near gateway that has gone is an error of write.
  std::signal(SIGPIPE, SIG_IGN);
  stdio::Outbox outbox(kOutboxBytes);
  Bridge bridge(far, endpoint, outbox);
  stdio::StdioLoop loop({STDIN_FILENO, STDOUT_FILENO},
                        std::chrono::steady_clock::now, bridge, outbox);
  const absl::Status status = loop.Run();
  if (!status.ok()) {
    Log(MessageOf(status));
    return kExitFailure;
  }
  if (bridge.lost().ok()) return 0;
  Log(fmt::format("the far gateway is lost: {}", MessageOf(bridge.lost())));
  return kExitUnavailable;
}

int Connect(const Options& options) {
  absl::StatusOr<client::Client> far =
      client::Connect({.address = options.gateway, .deadline = kDeadline});
  if (!far.ok()) {
    Log(MessageOf(far.status()));
    return kExitUsage;
  }
  const absl::StatusOr<v1::Endpoint> endpoint =
      far->GetEndpoint(options.endpoint);
  if (!endpoint.ok()) {
    Log(fmt::format("the far gateway at {} does not serve: {}", options.gateway,
                    MessageOf(endpoint.status())));
    return kExitUnavailable;
  }
  Log(fmt::format("stands for the actors of {} at {}", endpoint->name(),
                  options.gateway));
  return Serve(*far, endpoint->name());
}

int Main(int argc, char** argv) {
  CLI::App app(
      "A child of a thespian-gateway that stands for the actors of another "
      "one. See docs/bridge.md.",
      "thespian-bridge-child");
  Options options;
  app.add_option("--gateway", options.gateway,
                 "The other gateway: host:port or unix:PATH")
      ->required();
  app.add_option("--endpoint", options.endpoint,
                 "Which of its children; needed if there are several");
  app.set_version_flag("--version", "thespian-bridge-child " TG_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  return Connect(options);
}

}  // namespace
}  // namespace thespian::gateway::bridge

int main(int argc, char** argv) {
  try {
    return thespian::gateway::bridge::Main(argc, argv);
  } catch (...) {
    std::fputs("thespian-bridge-child: a bug: an exception reached main\n",
               stderr);
    return thespian::gateway::bridge::kExitBug;
  }
}
