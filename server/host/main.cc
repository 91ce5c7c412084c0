// thespian-gateway: opens the actors of a child process to gRPC clients.

#include <google/protobuf/stubs/logging.h>
#include <grpc/grpc.h>
#include <grpc/support/log.h>
#include <unistd.h>

#include <algorithm>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "endpoint/clock.h"
#include "endpoint/error.h"
#include "endpoint/gateway.h"
#include "endpoint/process/exec_trampoline.h"
#include "endpoint/process/group_guard.h"
#include "endpoint/wire/status_text.h"
#include "server/host/explain_command.h"
#include "server/host/gateway_server.h"
#include "server/host/health_check.h"
#include "server/host/memory_trimmer.h"
#include "server/host/metrics_server.h"
#include "server/host/operator_signals.h"
#include "server/host/options.h"
#include "server/host/orphans.h"
#include "server/host/port_file.h"
#include "server/host/process_setup.h"
#include "server/host/scheduling.h"
#include "server/host/token_command.h"
#include "server/host/version.h"
#include "server/observe/logging.h"
#include "server/observe/metrics.h"

namespace thespian::gateway {
namespace {

constexpr std::chrono::milliseconds kTickTime{1'000};
constexpr std::chrono::milliseconds kServerGrace{2'000};
// What an orderly end may take beyond the stop ladder's two waits.
constexpr std::chrono::seconds kEndSlack{10};

int ToInt(ExitCode code) { return static_cast<int>(code); }

// What happens on the main thread while the gateway serves: signals, ticks, and
// the end of a child that was given up.
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

  // Returns the signal that asked for the end; 0: End was called.
  int Run(Gateway& gateway, GatewayServer& server) {
    Repeat(timer_, kTickTime, [this, &gateway, &server] {
      const auto now = std::chrono::steady_clock::now();
      server.Tick(now);
      gateway.Tick();
      ReapOrphans();
      trimmer_.Tick(now);
    });
    Repeat(wake_timer_, GrpcIdleWorkaround::kPeriod,
           [&server] { server.WakePollers(); });
    loop_.run();
    // From now on a second signal ends the process at once, by the system's
    // default; the child is tied to it.
    signals_.clear();
    return signal_;
  }

  asio::io_context& context() { return loop_; }

  // Makes Run return, now or when it is called. Safe from any thread.
  void End() {
    asio::post(loop_, [this] { loop_.stop(); });
  }

 private:
  template <typename Task>
  static void Repeat(asio::steady_timer& timer,
                     std::chrono::milliseconds period, Task task) {
    timer.expires_after(period);
    timer.async_wait([&timer, period, task](const std::error_code& error) {
      if (error) return;
      task();
      Repeat(timer, period, task);
    });
  }

  asio::io_context loop_{1};
  asio::signal_set signals_{loop_, SIGINT, SIGTERM};
  asio::steady_timer timer_{loop_};
  asio::steady_timer wake_timer_{loop_};
  MemoryTrimmer trimmer_;
  int signal_ = 0;
};

std::chrono::milliseconds LongestGrace(const Gateway& gateway) {
  std::chrono::milliseconds longest{0};
  for (const std::shared_ptr<Pool>& pool : gateway.directory().Pools()) {
    longest = std::max(longest, pool->options().member.command.stop_grace);
  }
  return longest;
}

// In order: no new work, the clients, the children, the watchers, the rest. If
// something hangs all the same, the system ends the process.
void EndInOrder(spdlog::logger& log, Gateway& gateway, GatewayServer& server) {
  const auto ladder = 2 * LongestGrace(gateway);
  alarm(static_cast<unsigned>(
      std::chrono::ceil<std::chrono::seconds>(ladder + kEndSlack).count()));
  gateway.BeginStopping();
  server.StopServing();
  log.info("ending: telling the attached clients");
  server.CloseActors();
  log.info("ending: stopping the endpoints");
  gateway.EndEndpoints();
  log.info("ending: telling the watchers");
  server.CloseWatchers();
  server.Shutdown(kServerGrace);
  log.info("ended");
}

// A watcher that names the epoch of another run can't go on in the wrong place.
uint64_t MakeEpoch() {
  std::random_device random;
  return std::uniform_int_distribution<uint64_t>(1)(random);
}

// For watchers that name no epoch: no gateway that was started before has come
// so far, unless it had more than a million events a second or the clock was
// set back.
uint64_t FirstSequence(const Clock& clock) {
  return static_cast<uint64_t>(absl::ToUnixMicros(clock.Now()));
}

// As a shell tells how a program ended.
int ToExitCode(const ChildExit* last_exit) {
  if (last_exit == nullptr) return ToInt(ExitCode::kChildCantRun);
  const ProcessExit& exit = last_exit->exit;
  if (exit.signal.has_value()) return 128 + *exit.signal;
  return exit.code.value_or(ToInt(ExitCode::kChildCantRun));
}

// Those who look for an address of gRPC take the first line.
std::vector<std::string> PortLines(const GatewayServer& server,
                                   const MetricsServer* metrics) {
  std::vector<std::string> lines = server.addresses();
  if (metrics != nullptr) lines.push_back("metrics " + metrics->address());
  return lines;
}

// A gateway whose endpoints have been started, until it is to end. The exit
// code.
int ServeUntilEnd(const Options& options, const MetricsServer* metrics,
                  spdlog::logger& log, MainLoop& loop, Gateway& gateway,
                  GatewayServer& server) {
  const absl::Status status =
      WritePortFile(options.port_file, PortLines(server, metrics));
  if (!status.ok()) {
    log.error("{}", MessageOf(status));
    return ToInt(ExitCode::kConfig);
  }
  const int signal = loop.Run(gateway, server);
  if (signal == 0) {
    log.info("ending: with the child");
    const EndpointHandle child = gateway.Endpoints().front();
    return ToExitCode(child->Status().last_exit.get());
  }
  log.info("ending: signal {} ({})", signal, sigdescr_np(signal));
  return ToInt(ExitCode::kOk);
}

// Null if they are not asked for.
absl::StatusOr<std::unique_ptr<MetricsServer>> ServeMetrics(
    const GatewayMetrics& metrics, const std::string& address,
    spdlog::logger& log) {
  if (address.empty()) return nullptr;
  auto server = MetricsServer::Start(metrics, address, log);
  if (server.ok()) {
    log.info("metrics on http://{}/metrics", (*server)->address());
  } else {
    log.error("{}", MessageOf(server.status()));
  }
  return server;
}

// What no option says of the children.
void Complete(const GroupGuard* guard, std::optional<uint64_t> soft_open_files,
              Options& options) {
  for (PoolOptions& pool : options.pools) {
    pool.member.command.guard = guard;
    pool.member.command.setup.soft_open_files = soft_open_files;
  }
}

// What becomes of the child's group if the gateway is killed. Null if nothing.
std::unique_ptr<GroupGuard> GuardGroups(spdlog::logger& log) {
  absl::StatusOr<GroupGuard> guard = GroupGuard::Start("/proc/self/exe");
  if (guard.ok()) return std::make_unique<GroupGuard>(*std::move(guard));
  log.warn("{}", MessageOf(guard.status()));
  return nullptr;
}

// One that can't be started does not keep the others from serving: the log and
// its state say why. False: there is no other.
bool StartEndpoints(Gateway& gateway) {
  const std::vector<absl::Status> started = gateway.StartEndpoints();
  return started.size() != 1 || started.front().ok();
}

// What a reload reads: the command line, the environment and the file, again.
// Who may do what goes to `access`.
Operations::Source ReadAgain(int argc, char** argv, const Options& options,
                             AccessControl& access) {
  const ChildCommand& like = options.pools.front().member.command;
  return [argc, argv, &access, guard = like.guard,
          soft_open_files = like.setup.soft_open_files]()
             -> absl::StatusOr<std::vector<PoolOptions>> {
    ParsedOptions parsed = ParseOptions(argc, argv);
    if (parsed.exit.has_value()) {
      return MakeFieldError(
          ErrorReason::kFieldInvalid, "config",
          std::string(absl::StripAsciiWhitespace(parsed.text)));
    }
    Complete(guard, soft_open_files, parsed.options);
    access.Use(std::move(parsed.options.access_terms));
    return std::move(parsed.options.pools);
  };
}

int Serve(int argc, char** argv, const Options& options, spdlog::logger& log) {
  MainLoop loop;
  const SystemClock clock;
  auto audit = OpenAudit(options.access, log);
  if (!audit.ok()) {
    log.error("{}", MessageOf(audit.status()));
    return ToInt(ExitCode::kConfig);
  }
  AccessControl access(clock, *std::move(audit), options.access_terms);
  GatewayOptions gateway_options = options.gateway;
  gateway_options.journal.epoch = MakeEpoch();
  gateway_options.journal.first_sequence = FirstSequence(clock);
  Gateway gateway(clock, log, gateway_options);
  OperatorSignals signals(loop.context(), gateway, log);
  gateway.operations().SetSource(ReadAgain(argc, argv, options, access));
  for (const PoolOptions& pool : options.pools) gateway.AddPool(pool);
  auto server = GatewayServer::Start(gateway, access, options.server, log);
  if (!server.ok()) {
    log.error("{}", MessageOf(server.status()));
    return ToInt(ExitCode::kConfig);
  }
  if (options.exit_with_child) {
    gateway.OnStateChange([&loop, child = gateway.Endpoints().front()] {
      if (child->state() == EndpointState::kFailed) loop.End();
    });
  }
  signals.AlsoReload([&server] { (*server)->ReloadCertificates(); });
  const GatewayMetrics metrics(gateway, (*server)->connections(),
                               [&server] { return (*server)->Certificates(); });
  const auto metrics_server =
      ServeMetrics(metrics, options.metrics_listen, log);
  if (!metrics_server.ok()) return ToInt(ExitCode::kConfig);
  const absl::Status opened = gateway.OpenDoors();
  if (!opened.ok()) {
    log.error("{}", MessageOf(opened));
    return ToInt(ExitCode::kConfig);
  }
  if (!StartEndpoints(gateway)) {
    gateway.EndEndpoints();
    return ToInt(ExitCode::kChildCantRun);
  }
  for (const std::string& address : (*server)->addresses()) {
    log.info("listening on {}", address);
  }
  const int code = ServeUntilEnd(options, metrics_server->get(), log, loop,
                                 gateway, **server);
  EndInOrder(log, gateway, **server);
  return code;
}

int TellHealth(const Options& options) {
  const absl::Status status = CheckHealth(options.server.listen);
  if (status.ok()) return ToInt(ExitCode::kOk);
  const std::string line = std::string(MessageOf(status)) + '\n';
  std::fputs(line.c_str(), stderr);
  return ToInt(ExitCode::kUnhealthy);
}

int Main(int argc, char** argv) {
  // First: its signals stay blocked.
  if (const auto code = RunGroupGuardIfAsked(argc, argv)) return *code;
  PrepareProcess();
  if (const auto code = RunTrampolineIfAsked(argc, argv)) return *code;
  std::signal(SIGPIPE, SIG_IGN);
  if (const auto code = RunTokenCommandIfAsked(argc, argv)) return *code;
  if (const auto code = RunExplainCommandIfAsked(argc, argv)) return *code;
  ParsedOptions parsed = ParseOptions(argc, argv);
  if (parsed.exit.has_value()) {
    std::fputs(parsed.text.c_str(),
               *parsed.exit == ExitCode::kOk ? stdout : stderr);
    return ToInt(*parsed.exit);
  }
  // What Protobuf can't read is answered, and not logged.
  google::protobuf::SetLogHandler(nullptr);
  // gRPC's own lines are for those who ask for them (GRPC_VERBOSITY).
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread yet.
  if (std::getenv("GRPC_VERBOSITY") == nullptr) {
    gpr_set_log_function([](gpr_log_func_args*) {});
  }
  if (parsed.options.health_check) return TellHealth(parsed.options);
  const absl::Status scheduled = Use(parsed.options.scheduling);
  AdoptOrphans();
  OperatorSignals::Hold();
  // Never taken back: gRPC's own end would wait up to 10 s for its poller, and
  // the system frees everything at once.
  grpc_init();
  const auto log = MakeLogger(parsed.options.log);
  if (!scheduled.ok()) log->warn("{}", MessageOf(scheduled));
  const auto guard = GuardGroups(*log);
  Complete(guard.get(), RaiseDescriptorLimit(), parsed.options);
  return Serve(argc, argv, parsed.options, *log);
}

}  // namespace
}  // namespace thespian::gateway

int main(int argc, char** argv) {
  using thespian::gateway::ExitCode;
  try {
    return thespian::gateway::Main(argc, argv);
  } catch (...) {
    std::fputs("thespian-gateway: a bug: an exception reached main\n", stderr);
    return static_cast<int>(ExitCode::kBug);
  }
}
