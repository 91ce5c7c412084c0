#include "server/host/endpoint_settings.h"

#include <chrono>
#include <string_view>

#include "endpoint/wire/dialects.h"
#include "endpoint/wire/frame_decoder.h"
#include "server/host/option_kinds.h"

namespace thespian::gateway {
namespace {

constexpr size_t kLeastFrameBytes = 256;
constexpr char kRoundRobin[] = "round-robin";
constexpr char kBySender[] = "by-sender";

// --- Of every endpoint -----------------------------------------------------

void AddDialect(CLI::App& app, EndpointSettings& settings) {
  std::vector<std::string> names;
  for (const DialectRow& row : Dialects()) names.emplace_back(row.name);
  AddWord(app, "--dialect", settings.dialect, names,
          "How the child speaks. plain: a child written for the gateway; "
          "thespian: a thespian process; thespian-16k: one whose frames have "
          "up to 16 KiB; thespian-seed: one of April 2026, with plain ids.");
  AddList(app, "--names", settings.names,
          "A name of the child's actors that clients may send to; without "
          "this option any, but none for attached actors in a thespian "
          "dialect. *: any. Repeatable.")
      ->option_text("NAME");
  AddWord(app, "--control", settings.control, {"allow", "refuse"},
          "Whether clients may send [\"exit\", ...], by which actors are ended "
          "in thespian.");
  AddDuration(app, "--exit-linger", settings.exit_linger,
              "How long a thespian child is not told of the end of a client "
              "that it may still answer: an answer that comes too late would "
              "end the actor that gives it.");
  AddOption(app, "--payload-profile", settings.payload_profile,
            "Gone; see --dialect.")
      ->group("");
}

void AddFrames(CLI::App& app, EndpointSettings& settings) {
  AddBytes(app, "--max-frame-bytes", settings.max_frame_bytes, kLeastFrameBytes,
           kMaxSkippedFrameBytes,
           "Largest frame taken from the child, and written to it.");
  AddDialect(app, settings);
  AddBytes(app, "--queue-bytes", settings.queue_bytes, 64u << 10,
           uint64_t{1} << 40,
           "Bytes that may wait for the child to read before senders are "
           "refused. At least two of the largest frames.");
  AddDuration(app, "--stop-grace", settings.stop_grace,
              "How long the child may take to end after its stdin was closed, "
              "and again after SIGTERM, before SIGKILL.");
}

void AddChildSetup(CLI::App& app, EndpointSettings& settings) {
  AddBytes(app, "--child-memory", settings.child_memory, 0, uint64_t{1} << 50,
           "Address space that the child may have. 0: any.");
  AddCount(app, "--child-open-files", settings.child_open_files, 0,
           1'000'000'000,
           "Files that the child may have open. 0: as many as the gateway.");
  AddDuration(app, "--child-cpu-time", settings.child_cpu_time,
              "CPU time that the child may use, in whole seconds. 0s: any.");
  AddOption(app, "--child-directory", settings.child_directory,
            "Where the child starts. Default: where the gateway did.")
      ->option_text("PATH");
  AddOption(app, "--child-user", settings.child_user,
            "The user that the child runs as; the gateway must be root.")
      ->option_text("NAME");
  AddList(app, "--child-env", settings.child_environment,
          "A variable of the environment that the child gets; without this "
          "option it gets them all. Repeatable.")
      ->option_text("NAME");
}

void AddRestarts(CLI::App& app, EndpointSettings& settings) {
  AddWord(app, "--restart", settings.restart, {"never", "on-failure", "always"},
          "Whether a child that ends is started again.");
  AddDuration(app, "--restart-delay", settings.restart_delay,
              "Before the first restart; doubled with each that follows, and "
              "cut by up to half by chance.");
  AddDuration(app, "--restart-max-delay", settings.restart_max_delay,
              "The longest delay before a restart.");
  AddDuration(app, "--restart-reset", settings.restart_reset,
              "After a run of this length the delays begin anew.");
  AddCount(app, "--restart-limit", settings.restart_limit, 0, 1'000'000,
           "This many starts within --restart-period and the child is given "
           "up. 0: any number may be.");
  AddDuration(app, "--restart-period", settings.restart_period,
              "See --restart-limit.");
}

void AddSupervision(CLI::App& app, EndpointSettings& settings) {
  AddRestarts(app, settings);
  AddDuration(app, "--hang-timeout", settings.hang_timeout,
              "A child is UNRESPONSIVE if bytes have waited for it this long "
              "and it took none, or if it is stopped by a signal. 0s: not "
              "looked for.");
  AddFlag(app, "--hang-restart", settings.hang_restart,
          "End a child that is unresponsive, and go on as --restart says.");
  AddFlag(app, "--strict-protocol", settings.strict_protocol,
          "A message of the child that is not understood ends it.");
}

void AddProxies(CLI::App& app, EndpointSettings& settings) {
  AddCount(app, "--max-proxies", settings.max_proxies, 0, 100'000'000,
           "Live proxies at a time; one that has long been idle gives way. 0: "
           "any number.");
  AddDuration(app, "--proxy-idle-timeout", settings.proxy_idle_timeout,
              "Release proxies without links that have been idle this long. "
              "0s: never.");
}

void AddLife(CLI::App& app, EndpointSettings& settings) {
  AddWord(app, "--start", settings.start, {"at-once", kOnDemand},
          "When an endpoint is started: with the gateway, or by the first "
          "message to it, which waits.");
  AddDuration(app, "--idle-stop", settings.idle_stop,
              "With --start on-demand: stop an endpoint that has had no call, "
              "no link and no bytes that wait for so long. 0s: never.");
  AddDuration(app, "--drain", settings.drain,
              "How long a child that is replaced keeps what is addressed to "
              "its actors' ids.");
  AddFlag(app, "--insecure-peers", settings.insecure_peers,
          "Peers over TCP may be on other hosts; nothing is encrypted, and "
          "nobody is asked who they are.");
}

// --- Of a table ------------------------------------------------------------

void AddPeers(CLI::App& app, EndpointSettings& settings) {
  AddOption(app, "--connect", settings.connect, "The address that is dialled.");
  AddOption(app, "--accept", settings.accept, "Where peers dial in.");
  AddList(app, "--accept-users", settings.accept_users, "Who may dial in.");
  AddCount(app, "--accept-limit", settings.accept_limit, 1, 10'000,
           "Connections at a time.");
}

void AddPool(CLI::App& app, EndpointSettings& settings) {
  AddCount(app, "--replicas", settings.replicas, 1, 1'000, "Its members.");
  AddWord(app, "--balance", settings.balance,
          {"least-queued", kRoundRobin, kBySender},
          "Which member takes a message to the pool's name.");
  AddCount(app, "--min-ready", settings.min_ready, 0, 10'000,
           "Members that must run for health.");
  AddFlag(app, "--required", settings.required,
          "The gateway's health depends on it.");
  AddOption(app, "--ready-name", settings.ready_name,
            "Ready once the actor of this name answers.");
}

// --- Taking over -----------------------------------------------------------

RestartMode ToRestartMode(const std::string& name) {
  if (name == ModeName(RestartMode::kAlways)) return RestartMode::kAlways;
  return name == ModeName(RestartMode::kNever) ? RestartMode::kNever
                                               : RestartMode::kOnFailure;
}

Balance ToBalance(std::string_view name) {
  if (name == kRoundRobin) return Balance::kRoundRobin;
  return name == kBySender ? Balance::kBySender : Balance::kLeastQueued;
}

RestartOptions ToRestart(const EndpointSettings& settings) {
  return {.mode = ToRestartMode(settings.restart),
          .first_delay = ToMilliseconds(settings.restart_delay),
          .longest_delay = ToMilliseconds(settings.restart_max_delay),
          .sustained = ToMilliseconds(settings.restart_reset),
          .max_starts = settings.restart_limit,
          .period = ToMilliseconds(settings.restart_period)};
}

ChildSetup ToChildSetup(const EndpointSettings& settings) {
  ChildSetup setup;
  if (settings.child_memory > 0) setup.memory_bytes = settings.child_memory;
  if (settings.child_open_files > 0) {
    setup.open_files = settings.child_open_files;
  }
  const auto cpu_time = std::chrono::ceil<std::chrono::seconds>(
      ToMilliseconds(settings.child_cpu_time));
  if (cpu_time.count() > 0) {
    setup.cpu_seconds = static_cast<uint64_t>(cpu_time.count());
  }
  setup.directory = settings.child_directory;
  setup.user = settings.child_user;
  if (!settings.child_environment.empty()) {
    setup.environment = settings.child_environment;
  }
  return setup;
}

void TakeOverProtocol(const EndpointSettings& settings,
                      EndpointOptions& options) {
  options.dialect = FindDialect(settings.dialect)->dialect;
  options.control = settings.control == "refuse" ? ControlPayloads::kRefuse
                                                 : ControlPayloads::kAllow;
  options.names = settings.names;
  options.exit_linger = ToMilliseconds(settings.exit_linger);
  options.max_frame_bytes = settings.max_frame_bytes;
  options.queue.high_bytes = settings.queue_bytes;
  options.strict_protocol = settings.strict_protocol;
  options.max_proxies = settings.max_proxies;
  options.proxy_idle_timeout = ToMilliseconds(settings.proxy_idle_timeout);
}

// What listens starts nothing, and can't wait to be started.
void TakeOverLife(const EndpointSettings& settings, EndpointOptions& options) {
  options.restart = ToRestart(settings);
  options.hang = {.timeout = ToMilliseconds(settings.hang_timeout),
                  .end = settings.hang_restart};
  options.on_demand = settings.start == kOnDemand && settings.accept.empty();
  if (options.on_demand) {
    options.idle_stop = ToMilliseconds(settings.idle_stop);
  }
}

EndpointOptions ToMember(const EndpointSettings& settings,
                         const std::string& name) {
  EndpointOptions options;
  options.name = name;
  options.command.arguments = settings.command;
  options.command.stop_grace = ToMilliseconds(settings.stop_grace);
  if (!settings.command.empty()) {
    options.command.setup = ToChildSetup(settings);
  }
  options.connect = settings.connect;
  options.insecure_peers = settings.insecure_peers;
  TakeOverProtocol(settings, options);
  TakeOverLife(settings, options);
  return options;
}

}  // namespace

void AddEndpointOptions(CLI::App& app, EndpointSettings& settings) {
  AddFrames(app, settings);
  AddChildSetup(app, settings);
  AddSupervision(app, settings);
  AddProxies(app, settings);
  AddLife(app, settings);
}

void AddTableOptions(CLI::App& app, EndpointSettings& settings) {
  AddPeers(app, settings);
  AddPool(app, settings);
}

std::vector<std::string> TableKeys() {
  CLI::App app;
  EndpointSettings settings;
  AddTableOptions(app, settings);
  std::vector<std::string> keys = KeysOf(app);
  keys.emplace_back(kRoutesKey);
  return keys;
}

PoolOptions ToPoolOptions(const EndpointSettings& settings,
                          const std::string& name) {
  PoolOptions pool;
  pool.member = ToMember(settings, name);
  pool.replicas = settings.replicas;
  pool.balance = ToBalance(settings.balance);
  pool.min_ready = settings.min_ready;
  pool.required = settings.required;
  pool.drain = ToMilliseconds(settings.drain);
  pool.ready_name = settings.ready_name;
  pool.accept = settings.accept;
  pool.accept_users = settings.accept_users;
  pool.accept_limit = settings.accept_limit;
  return pool;
}

}  // namespace thespian::gateway
