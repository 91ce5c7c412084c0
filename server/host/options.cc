#include "server/host/options.h"

#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/actors/local_actors.h"
#include "endpoint/wire/dialects.h"
#include "endpoint/wire/frame_decoder.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"
#include "server/command_line/parse_errors.h"
#include "server/host/address.h"
#include "server/host/option_kinds.h"
#include "server/host/option_sources.h"
#include "server/host/start_check.h"
#include "server/host/version.h"

namespace thespian::gateway {
namespace {

constexpr size_t kLeastFrameBytes = 256;
constexpr std::string_view kHealthCheck = "healthcheck";
constexpr char kDescription[] =
    "Opens the actors of a child process to gRPC clients.\n\n"
    "COMMAND is started without a shell and must speak the remote actor\n"
    "protocol of thespian on its stdin and stdout. Options come first, then\n"
    "'--', then the command. Every option can also be given in the "
    "environment\n"
    "(--stop-grace as THESPIAN_GATEWAY_STOP_GRACE, and so on) and in the file\n"
    "that --config names.";
constexpr char kFooter[] =
    "'thespian-gateway healthcheck', with the same options, asks a running\n"
    "gateway for its health: exit code 0 if it serves, 1 if not.\n\n"
    "Example:\n"
    "  thespian-gateway --listen 127.0.0.1:50051 -- thespian-demo-child\n\n"
    "Exit codes: 0 ended as asked, 64 a wrong option or variable, 69 the "
    "child\n"
    "can't be run, 78 a wrong file or an address that can't be listened on.";

// What CLI11 fills before it is checked and taken over.
struct RawOptions {
  std::string dialect = "plain";
  std::string control = "allow";
  std::string payload_profile;  // gone; see CheckTogether
  std::string exit_linger = "60s";
  std::string log_format = "text";
  std::string scheduling = "batch";
  std::string stop_grace = "5s";
  std::string proxy_idle_timeout = "0s";
  std::string restart = "on-failure";
  std::string restart_delay = "100ms";
  std::string restart_max_delay = "10s";
  std::string restart_reset = "10s";
  std::string restart_period = "1m";
  std::string hang_timeout = "10s";
  std::string child_cpu_time = "0s";
  uint64_t child_memory = 0;
  uint64_t child_open_files = 0;
  std::vector<std::string> child_environment;
  uint64_t max_frame_bytes = 4u << 20;
  uint64_t queue_bytes = 8u << 20;
  uint64_t mailbox_bytes = 4u << 20;
  uint64_t request_memory = ServerOptions().request_memory_bytes;
  std::string socket_mode;
  std::string socket_group;
};

// What is asked for besides a start.
struct Modes {
  std::string config_file;
  bool print = false;
  bool check = false;
};

void AddListening(CLI::App& app, Options& options) {
  Label(AddList(app, "--listen", options.server.listen,
                "Where to listen: HOST:PORT (port 0: any), unix:PATH or "
                "unix:@NAME. Repeatable.")
            ->default_str(options.server.listen.front()),
        "ADDRESS");
  AddList(app, "--admin-listen", options.server.admin_listen,
          "Where AdminService is served, and nowhere else; by default it is "
          "served with the rest. Repeatable.")
      ->option_text("ADDRESS");
  AddOption(app, "--metrics-listen", options.metrics_listen,
            "Serve metrics for Prometheus at /metrics on this address.")
      ->option_text("ADDRESS");
  AddOption(
      app, "--port-file", options.port_file,
      "Write the addresses that are listened on, one a line, to this file once "
      "the gateway serves; that of the metrics as 'metrics ADDRESS'.")
      ->option_text("PATH");
}

void AddConnections(CLI::App& app, Options& options, RawOptions& raw) {
  ConnectionTable::Limits& limits = options.server.listeners.connections;
  AddCount(app, "--max-connections", limits.total, 1, 10'000'000,
           "Connections at a time, and 256 fewer than the descriptors that the "
           "process may have; others are closed at once.");
  AddCount(app, "--max-connections-per-address", limits.per_address, 0,
           10'000'000, "Connections of one IP address at a time. 0: any.");
  AddCount(app, "--max-streams", options.server.max_streams, 1, 1'000'000,
           "RPCs of one connection at a time.");
  AddBytes(app, "--request-memory", raw.request_memory, 1u << 20,
           uint64_t{1} << 40,
           "What requests may take in all; beyond it some are ended with "
           "RESOURCE_EXHAUSTED.");
  AddMode(app, "--socket-mode", raw.socket_mode,
          "The mode of the files of Unix sockets. Default: by the umask.");
  AddOption(app, "--socket-group", raw.socket_group,
            "The group of the files of Unix sockets, a name or a number.")
      ->option_text("GROUP");
}

void AddDialect(CLI::App& app, Options& options, RawOptions& raw) {
  std::vector<std::string> names;
  for (const DialectRow& row : Dialects()) names.emplace_back(row.name);
  AddWord(app, "--dialect", raw.dialect, names,
          "How the child speaks. plain: a child written for the gateway; "
          "thespian: a thespian process; thespian-16k: one whose frames have "
          "up to 16 KiB; thespian-seed: one of April 2026, with plain ids.");
  AddList(app, "--names", options.endpoint.names,
          "A name of the child's actors that clients may send to; without "
          "this option any, but none for attached actors in a thespian "
          "dialect. *: any. Repeatable.")
      ->option_text("NAME");
  AddWord(app, "--control", raw.control, {"allow", "refuse"},
          "Whether clients may send [\"exit\", ...], by which actors are ended "
          "in thespian.");
  AddDuration(app, "--exit-linger", raw.exit_linger,
              "How long a thespian child is not told of the end of a client "
              "that it may still answer: an answer that comes too late would "
              "end the actor that gives it.");
  AddOption(app, "--payload-profile", raw.payload_profile,
            "Gone; see --dialect.")
      ->group("");
}

void AddChild(CLI::App& app, Options& options, RawOptions& raw) {
  app.add_option("COMMAND", options.endpoint.command.arguments,
                 "The child's program and its arguments.")
      ->configurable(false);
  AddBytes(app, "--max-frame-bytes", raw.max_frame_bytes, kLeastFrameBytes,
           kMaxSkippedFrameBytes,
           "Largest frame taken from the child, and written to it.");
  AddDialect(app, options, raw);
  AddBytes(app, "--queue-bytes", raw.queue_bytes, 64u << 10, uint64_t{1} << 40,
           "Bytes that may wait for the child to read before senders are "
           "refused. At least two of the largest frames.");
  AddDuration(app, "--stop-grace", raw.stop_grace,
              "How long the child may take to end after its stdin was closed, "
              "and again after SIGTERM, before SIGKILL.");
}

void AddSupervision(CLI::App& app, Options& options, RawOptions& raw) {
  RestartOptions& restart = options.endpoint.restart;
  AddWord(app, "--restart", raw.restart, {"never", "on-failure", "always"},
          "Whether a child that ends is started again.");
  AddDuration(app, "--restart-delay", raw.restart_delay,
              "Before the first restart; doubled with each that follows, and "
              "cut by up to half by chance.");
  AddDuration(app, "--restart-max-delay", raw.restart_max_delay,
              "The longest delay before a restart.");
  AddDuration(app, "--restart-reset", raw.restart_reset,
              "After a run of this length the delays begin anew.");
  AddCount(app, "--restart-limit", restart.max_starts, 0, 1'000'000,
           "This many starts within --restart-period and the child is given "
           "up. 0: any number may be.");
  AddDuration(app, "--restart-period", raw.restart_period,
              "See --restart-limit.");
  AddFlag(app, "--exit-with-child", options.exit_with_child,
          "End with the child and with its exit code (128 + N for signal N) "
          "instead of starting it again.");
  AddDuration(app, "--hang-timeout", raw.hang_timeout,
              "A child is UNRESPONSIVE if bytes have waited for it this long "
              "and it took none, or if it is stopped by a signal. 0s: not "
              "looked for.");
  AddFlag(app, "--hang-restart", options.endpoint.hang.end,
          "End a child that is unresponsive, and go on as --restart says.");
  AddFlag(app, "--strict-protocol", options.endpoint.strict_protocol,
          "A message of the child that is not understood ends it.");
}

void AddChildSetup(CLI::App& app, Options& options, RawOptions& raw) {
  ChildSetup& setup = options.endpoint.command.setup;
  AddBytes(app, "--child-memory", raw.child_memory, 0, uint64_t{1} << 50,
           "Address space that the child may have. 0: any.");
  AddCount(app, "--child-open-files", raw.child_open_files, 0, 1'000'000'000,
           "Files that the child may have open. 0: as many as the gateway.");
  AddDuration(app, "--child-cpu-time", raw.child_cpu_time,
              "CPU time that the child may use, in whole seconds. 0s: any.");
  AddOption(app, "--child-directory", setup.directory,
            "Where the child starts. Default: where the gateway did.")
      ->option_text("PATH");
  AddOption(app, "--child-user", setup.user,
            "The user that the child runs as; the gateway must be root.")
      ->option_text("NAME");
  AddList(app, "--child-env", raw.child_environment,
          "A variable of the environment that the child gets; without this "
          "option it gets them all. Repeatable.")
      ->option_text("NAME");
}

void AddProxies(CLI::App& app, Options& options, RawOptions& raw) {
  AddCount(app, "--max-proxies", options.endpoint.max_proxies, 0, 100'000'000,
           "Live proxies at a time; one that has long been idle gives way. 0: "
           "any number.");
  AddDuration(app, "--proxy-idle-timeout", raw.proxy_idle_timeout,
              "Release proxies without links that have been idle this long. "
              "0s: never.");
}

void AddClients(CLI::App& app, Options& options, RawOptions& raw) {
  AddCount(app, "--max-actors", options.gateway.max_local_actors, 1, 10'000'000,
           "Attached clients and calls at a time.");
  AddCount(app, "--max-watchers", options.gateway.max_watchers, 1, 1'000'000,
           "Watching clients at a time.");
  AddBytes(app, "--mailbox-bytes", raw.mailbox_bytes, 4u << 10,
           uint64_t{1} << 40,
           "Bytes that may wait for one client to read before it is cut off.");
  AddCount(app, "--mailbox-items", options.gateway.mailbox.items, 16,
           100'000'000,
           "Messages that may wait for one client to read before it is cut "
           "off.");
}

void AddLogging(CLI::App& app, Options& options, RawOptions& raw) {
  AddWord(app, "--log-level", options.log.level,
          {"trace", "debug", "info", "warn", "error", "off"},
          "How much is logged, to stderr.");
  AddWord(app, "--log-format", raw.log_format, {"text", "json"},
          "Lines for people, or one JSON object a line.");
}

void AddScheduling(CLI::App& app, RawOptions& raw) {
  AddWord(app, "--scheduling", raw.scheduling, {"batch", "inherit"},
          "How the system schedules the gateway and its child. batch: a thread "
          "that wakes does not interrupt one that runs, so that busy cores "
          "take more messages; inherit: as it was given to the gateway.");
}

void AddGeneral(CLI::App& app, Modes& modes) {
  app.set_version_flag("--version", VersionText(), "Print the version.");
  AddOption(app, "--config", modes.config_file,
            "Read options from this file (TOML): a key for each, without the "
            "dashes, and 'command' for the child's.")
      ->configurable(false)
      ->option_text("PATH");
  app.add_flag("--print-config", modes.print,
               "Print the configuration and end.")
      ->configurable(false);
  app.add_flag("--check-config", modes.check,
               "Check the configuration, and whether its addresses, "
               "directories, user and program are there, and end.")
      ->configurable(false);
}

RestartMode ToRestartMode(const std::string& name) {
  if (name == ModeName(RestartMode::kAlways)) return RestartMode::kAlways;
  return name == ModeName(RestartMode::kNever) ? RestartMode::kNever
                                               : RestartMode::kOnFailure;
}

void TakeOverSupervision(const RawOptions& raw, Options& options) {
  RestartOptions& restart = options.endpoint.restart;
  restart.mode = options.exit_with_child ? RestartMode::kNever
                                         : ToRestartMode(raw.restart);
  restart.first_delay = ToMilliseconds(raw.restart_delay);
  restart.longest_delay = ToMilliseconds(raw.restart_max_delay);
  restart.sustained = ToMilliseconds(raw.restart_reset);
  restart.period = ToMilliseconds(raw.restart_period);
  options.endpoint.hang.timeout = ToMilliseconds(raw.hang_timeout);
}

void TakeOverChildSetup(const RawOptions& raw, ChildSetup& setup) {
  if (raw.child_memory > 0) setup.memory_bytes = raw.child_memory;
  if (raw.child_open_files > 0) setup.open_files = raw.child_open_files;
  const auto cpu_time = std::chrono::ceil<std::chrono::seconds>(
      ToMilliseconds(raw.child_cpu_time));
  if (cpu_time.count() > 0) {
    setup.cpu_seconds = static_cast<uint64_t>(cpu_time.count());
  }
  if (!raw.child_environment.empty()) setup.environment = raw.child_environment;
}

void TakeOverConnections(const RawOptions& raw, ServerOptions& options) {
  options.request_memory_bytes = raw.request_memory;
  options.listeners.socket_mode = ParseMode(raw.socket_mode);
  options.listeners.socket_group = FindGroup(raw.socket_group);
}

void TakeOver(const RawOptions& raw, Options& options) {
  TakeOverConnections(raw, options.server);
  TakeOverSupervision(raw, options);
  TakeOverChildSetup(raw, options.endpoint.command.setup);
  options.endpoint.dialect = FindDialect(raw.dialect)->dialect;
  options.endpoint.control = raw.control == "refuse" ? ControlPayloads::kRefuse
                                                     : ControlPayloads::kAllow;
  options.endpoint.exit_linger = ToMilliseconds(raw.exit_linger);
  options.log.format =
      raw.log_format == "json" ? LogFormat::kJson : LogFormat::kText;
  options.scheduling =
      raw.scheduling == "batch" ? Scheduling::kBatch : Scheduling::kInherit;
  options.endpoint.command.stop_grace = ToMilliseconds(raw.stop_grace);
  options.endpoint.proxy_idle_timeout = ToMilliseconds(raw.proxy_idle_timeout);
  options.endpoint.max_frame_bytes = raw.max_frame_bytes;
  options.endpoint.queue.high_bytes = raw.queue_bytes;
  options.server.max_frame_bytes = raw.max_frame_bytes;
  options.gateway.mailbox.bytes = raw.mailbox_bytes;
}

void FailWith(ExitCode exit, std::string_view text, ParsedOptions& parsed) {
  parsed.exit = exit;
  parsed.text = fmt::format("thespian-gateway: {}{}\n", text,
                            exit == ExitCode::kUsage ? " (try --help)" : "");
}

void FailWith(const absl::Status& status, ParsedOptions& parsed) {
  FailWith(
      absl::IsInvalidArgument(status) ? ExitCode::kUsage : ExitCode::kConfig,
      MessageOf(status), parsed);
}

// What is wrong with the command line, or the help that was asked for.
void Fail(const CLI::App& app, const CLI::ParseError& error,
          ParsedOptions& parsed) {
  std::ostringstream out;
  std::ostringstream err;
  if (app.exit(error, out, err) != 0) {
    return FailWith(ExitCode::kUsage, ErrorText(app, error), parsed);
  }
  parsed.exit = ExitCode::kOk;
  parsed.text = out.str();
}

absl::Status CheckOneAddress(const std::string& option, const std::string& text,
                             const OptionSources& sources) {
  absl::Status status = ParseAddress(text).status();
  if (status.ok()) return status;
  const absl::Status wrong = sources.Wrong(option, MessageOf(status));
  return absl::FailedPreconditionError(std::string(MessageOf(wrong)));
}

absl::Status CheckAddresses(const Options& options,
                            const OptionSources& sources) {
  absl::Status status;
  for (const std::string& text : options.server.listen) {
    status.Update(CheckOneAddress("--listen", text, sources));
  }
  for (const std::string& text : options.server.admin_listen) {
    status.Update(CheckOneAddress("--admin-listen", text, sources));
  }
  if (!options.metrics_listen.empty()) {
    status.Update(
        CheckOneAddress("--metrics-listen", options.metrics_listen, sources));
  }
  return status;
}

absl::Status CheckTogether(const RawOptions& raw, const Options& options,
                           const OptionSources& sources) {
  if (!raw.payload_profile.empty()) {
    return sources.Wrong(
        "--payload-profile",
        fmt::format("is gone: use --dialect {}",
                    raw.payload_profile == "cbor"
                        ? "plain, which takes any CBOR"
                        : "plain for children written for the gateway, or "
                          "--dialect thespian for thespian processes"));
  }
  if (!raw.socket_group.empty() && !FindGroup(raw.socket_group).has_value()) {
    return sources.Wrong("--socket-group", fmt::format("there is no group '{}'",
                                                       raw.socket_group));
  }
  for (const std::string& name : options.endpoint.names) {
    const absl::Status status = CheckActorName("name", name);
    if (!status.ok()) return sources.Wrong("--names", MessageOf(status));
  }
  if (options.exit_with_child &&
      raw.restart == ModeName(RestartMode::kAlways)) {
    return sources.Wrong("--exit-with-child", "excludes --restart always");
  }
  return CheckAddresses(options, sources);
}

// Says whether a start would go well.
void TellCheck(ParsedOptions& parsed) {
  const std::vector<Finding> findings = CheckStart(parsed.options);
  parsed.exit = findings.empty() ? ExitCode::kOk : findings.front().exit;
  for (const Finding& finding : findings) {
    parsed.text += fmt::format("thespian-gateway: {}\n", finding.text);
  }
  if (findings.empty()) parsed.text = "the configuration is valid\n";
}

// Instead of a start, or why there can be none.
void DoAsAsked(const CLI::App& app, const Modes& modes, ParsedOptions& parsed) {
  const std::vector<std::string>& command =
      parsed.options.endpoint.command.arguments;
  if (modes.print) {
    parsed.exit = ExitCode::kOk;
    parsed.text = PrintConfig(app, command);
  } else if (modes.check) {
    TellCheck(parsed);
  } else if (!parsed.options.health_check && command.empty()) {
    FailWith(ExitCode::kUsage,
             "COMMAND is missing: say what to start after '--'", parsed);
  }
}

void AddAll(CLI::App& app, Options& options, RawOptions& raw, Modes& modes) {
  app.footer(kFooter);
  AddListening(app, options);
  AddConnections(app, options, raw);
  AddChild(app, options, raw);
  AddChildSetup(app, options, raw);
  AddSupervision(app, options, raw);
  AddProxies(app, options, raw);
  AddClients(app, options, raw);
  AddLogging(app, options, raw);
  AddScheduling(app, raw);
  AddGeneral(app, modes);
}

}  // namespace

ParsedOptions ParseOptions(int argc, char** argv) {
  ParsedOptions parsed;
  if (argc > 1 && argv[1] == kHealthCheck) {
    parsed.options.health_check = true;
    --argc;
    ++argv;
  }
  RawOptions raw;
  Modes modes;
  CLI::App app(kDescription, "thespian-gateway");
  AddAll(app, parsed.options, raw, modes);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    Fail(app, error, parsed);
    return parsed;
  }
  OptionSources sources(app, parsed.options.endpoint.command.arguments);
  absl::Status status = sources.Take();
  status.Update(CheckTogether(raw, parsed.options, sources));
  if (!status.ok()) {
    FailWith(status, parsed);
    return parsed;
  }
  TakeOver(raw, parsed.options);
  DoAsAsked(app, modes, parsed);
  return parsed;
}

}  // namespace thespian::gateway
