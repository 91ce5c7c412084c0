// thespian-gateway: opens the actors of a child process to gRPC clients.

#include <grpc/support/log.h>
#include <unistd.h>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "endpoint/child/exec_trampoline.h"
#include "endpoint/clock.h"
#include "endpoint/gateway.h"
#include "endpoint/wire/status_text.h"
#include "server/gateway_server.h"
#include "server/logging.h"
#include "server/options.h"
#include "server/port_file.h"
#include "server/version.h"

namespace thespian::gateway {
namespace {

constexpr std::chrono::milliseconds kTickTime{1'000};
constexpr std::chrono::milliseconds kServerGrace{2'000};
// What an orderly end may take beyond the stop ladder's two waits.
constexpr std::chrono::seconds kEndSlack{10};

int ToInt(ExitCode code) { return static_cast<int>(code); }

// What happens on the main thread while the gateway serves: signals and ticks.
class MainLoop {
 public:
  // From now on signals wait for Run.
  MainLoop() {
    signals_.async_wait([this](const std::error_code& error, int signal) {
      if (error) return;
      signal_ = signal;
      loop_.stop();
    });
  }

  // Returns the signal that asked for the end.
  int Run(GatewayServer& server) {
    Tick(server);
    loop_.run();
    // From now on a second signal ends the process at once, by the system's
    // default; the child is tied to it.
    signals_.clear();
    return signal_;
  }

 private:
  void Tick(GatewayServer& server) {
    timer_.expires_after(kTickTime);
    timer_.async_wait([this, &server](const std::error_code& error) {
      if (error) return;
      server.Tick(std::chrono::steady_clock::now());
      Tick(server);
    });
  }

  asio::io_context loop_{1};
  asio::signal_set signals_{loop_, SIGINT, SIGTERM};
  asio::steady_timer timer_{loop_};
  int signal_ = 0;
};

// In order: no new work, the clients, the child, the watchers, the rest. If
// something hangs all the same, the system ends the process.
void EndInOrder(const Options& options, spdlog::logger& log, Gateway& gateway,
                GatewayServer& server) {
  const auto ladder = 2 * options.endpoint.command.stop_grace;
  alarm(static_cast<unsigned>(
      std::chrono::ceil<std::chrono::seconds>(ladder + kEndSlack).count()));
  gateway.BeginStopping();
  server.SetServing(false);
  log.info("ending: telling the attached clients");
  server.CloseActors();
  log.info("ending: stopping the child");
  for (Endpoint* endpoint : gateway.Endpoints()) endpoint->Stop();
  for (Endpoint* endpoint : gateway.Endpoints()) endpoint->Join();
  log.info("ending: telling the watchers");
  server.CloseWatchers();
  server.Shutdown(kServerGrace);
  log.info("ended");
}

ExitCode Serve(const Options& options, spdlog::logger& log) {
  MainLoop loop;
  const SystemClock clock;
  Gateway gateway(clock, log, options.gateway);
  GatewayServer* health = nullptr;
  Endpoint& endpoint =
      gateway.AddEndpoint(options.endpoint, [&health](EndpointState state) {
        health->SetServing(state == EndpointState::kRunning);
      });
  auto server = GatewayServer::Start(gateway, options.server);
  if (!server.ok()) {
    log.error("{}", MessageOf(server.status()));
    return ExitCode::kConfig;
  }
  health = server->get();
  absl::Status status = endpoint.Start();  // logs why it can't
  if (!status.ok()) {
    endpoint.Join();
    return ExitCode::kChildCantRun;
  }
  for (const std::string& address : (*server)->addresses()) {
    log.info("listening on {}", address);
  }
  status = WritePortFile(options.port_file, (*server)->addresses());
  ExitCode code = ExitCode::kOk;
  if (status.ok()) {
    const int signal = loop.Run(**server);
    log.info("ending: signal {} ({})", signal, sigdescr_np(signal));
  } else {
    log.error("{}", MessageOf(status));
    code = ExitCode::kConfig;
  }
  EndInOrder(options, log, gateway, **server);
  return code;
}

int Main(int argc, char** argv) {
  if (const auto code = RunTrampolineIfAsked(argc, argv)) return *code;
  std::signal(SIGPIPE, SIG_IGN);
  const ParsedOptions parsed = ParseOptions(argc, argv);
  if (parsed.exit.has_value()) {
    std::fputs(parsed.text.c_str(),
               *parsed.exit == ExitCode::kOk ? stdout : stderr);
    return ToInt(*parsed.exit);
  }
  // gRPC's own lines are for those who ask for them (GRPC_VERBOSITY).
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread yet.
  if (std::getenv("GRPC_VERBOSITY") == nullptr) {
    gpr_set_log_function([](gpr_log_func_args*) {});
  }
  const auto log = MakeLogger(parsed.options.log);
  return ToInt(Serve(parsed.options, *log));
}

}  // namespace
}  // namespace thespian::gateway

int main(int argc, char** argv) { return thespian::gateway::Main(argc, argv); }
