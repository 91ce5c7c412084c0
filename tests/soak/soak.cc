// soak: runs the gateway under clients that come and go while its child is
// killed at random, and looks at the end whether anything has stayed behind.
//
// After the first minute, and at the end, all clients leave and the gateway
// comes to rest: descriptors, threads and children must then be the same, RSS
// at most a tenth more, and every message accounted for.
//
// Exit codes: 0 all of that holds, 1 it does not, 64 wrong usage, 70 the
// gateway could not be started.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "clients/cpp/client.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"
#include "tests/soak/soak_run.h"
#include "tests/support/served_program.h"

namespace thespian::gateway::soak {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 64;
constexpr int kExitSoftware = 70;

struct Options {
  double minutes = 20;
  uint32_t seed = 1;
  std::string log = "soak-gateway.log";
};

std::vector<std::string> GatewayCommand() {
  return {TG_GATEWAY,    "--listen",
          "127.0.0.1:0", "--restart",
          "always",      "--restart-limit",
          "0",           "--restart-delay",
          "20ms",        "--restart-max-delay",
          "200ms",       "--restart-reset",
          "1s",          "--",
          TG_DEMO_CHILD};
}

int Fail(const absl::Status& status, int code) {
  fmt::print(stderr, "soak: {}\n", MessageOf(status));
  return code;
}

int Soak(const Options& options) {
  absl::StatusOr<std::unique_ptr<ServedProgram>> gateway =
      ServedProgram::Start(GatewayCommand(), options.log);
  if (!gateway.ok()) return Fail(gateway.status(), kExitSoftware);
  absl::StatusOr<client::Client> client =
      client::Connect({.address = (*gateway)->address()});
  if (!client.ok()) return Fail(client.status(), kExitSoftware);
  const auto load = std::chrono::duration_cast<std::chrono::seconds>(
      std::chrono::duration<double, std::ratio<60>>(options.minutes));
  const bool passed = SoakRun(**gateway, *client, options.seed).Run(load);
  const absl::Status ended = (*gateway)->Stop();
  if (!ended.ok()) return Fail(ended, kExitFailed);
  fmt::print("soak: {}\n", passed ? "passed" : "FAILED");
  return passed ? 0 : kExitFailed;
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app("Runs the gateway for a long time and looks for leaks.");
  app.add_option("--minutes", options.minutes, "How long there is load.")
      ->check(CLI::Range(0.1, 10'000.0))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Of all that is left to chance.")
      ->capture_default_str();
  app.add_option("--log", options.log, "Where the gateway's log goes.")
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  return Soak(options);
}

}  // namespace
}  // namespace thespian::gateway::soak

int main(int argc, char** argv) {
  return thespian::gateway::soak::Main(argc, argv);
}
