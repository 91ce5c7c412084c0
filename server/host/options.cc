#include "server/host/options.h"

#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"
#include "server/command_line/parse_errors.h"
#include "server/host/endpoint_settings.h"
#include "server/host/endpoint_table.h"
#include "server/host/endpoint_tables.h"
#include "server/host/listener_settings.h"
#include "server/host/listener_tables.h"
#include "server/host/option_kinds.h"
#include "server/host/option_printing.h"
#include "server/host/option_sources.h"
#include "server/host/start_check.h"
#include "server/host/version.h"

namespace thespian::gateway {
namespace {

constexpr std::string_view kHealthCheck = "healthcheck";
constexpr char kListen[] = "--listen";
constexpr char kAdminListen[] = "--admin-listen";
constexpr char kMetricsListen[] = "--metrics-listen";
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
    "gateway for its health: exit code 0 if it serves, 1 if not.\n"
    "'thespian-gateway token create NAME' makes a token for --tokens,\n"
    "'thespian-gateway explain' tells which of the --rules decides.\n\n"
    "Example:\n"
    "  thespian-gateway --listen 127.0.0.1:50051 -- thespian-demo-child\n\n"
    "Exit codes: 0 ended as asked, 64 a wrong option or variable, 69 the "
    "child\n"
    "can't be run, 78 a wrong file or an address that can't be listened on.";

// What CLI11 fills before it is checked and taken over.
struct RawOptions {
  ListenerSettings listener;
  std::vector<std::string> admin_listen;
  EndpointSettings endpoint;
  std::string log_format = "text";
  std::string scheduling = "batch";
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

void AddListening(CLI::App& app, Options& options, RawOptions& raw) {
  raw.listener.addresses = options.server.listen.front().addresses;
  Label(AddList(app, kListen, raw.listener.addresses,
                "Where to listen: HOST:PORT (port 0: any), unix:PATH or "
                "unix:@NAME. Repeatable.")
            ->default_str(raw.listener.addresses.front()),
        "ADDRESS");
  AddList(app, kAdminListen, raw.admin_listen,
          "Where AdminService is served, and not with the rest, as it is by "
          "default. Repeatable.")
      ->option_text("ADDRESS");
  AddTlsOptions(app, raw.listener);
  AddTrust(app, raw.listener);
  AddOption(app, kMetricsListen, options.metrics_listen,
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

void AddChild(CLI::App& app, Options& options, RawOptions& raw) {
  app.add_option("COMMAND", raw.endpoint.command,
                 "The child's program and its arguments.")
      ->configurable(false);
  AddEndpointOptions(app, raw.endpoint);
  AddFlag(app, "--exit-with-child", options.exit_with_child,
          "End with the child and with its exit code (128 + N for signal N) "
          "instead of starting it again.");
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
            "dashes, and 'command' for the child's; a table [endpoint.NAME] "
            "for each further endpoint.")
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

void TakeOverConnections(const RawOptions& raw, ServerOptions& options) {
  options.request_memory_bytes = raw.request_memory;
  options.listeners.files.mode = ParseMode(raw.socket_mode);
  options.listeners.files.group = FindGroup(raw.socket_group);
}

void TakeOver(const RawOptions& raw, Options& options) {
  TakeOverConnections(raw, options.server);
  options.log.format =
      raw.log_format == "json" ? LogFormat::kJson : LogFormat::kText;
  options.scheduling =
      raw.scheduling == "batch" ? Scheduling::kBatch : Scheduling::kInherit;
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

// That of AdminService, which has the terms of the others.
ListenerSettings AdminSettings(const RawOptions& raw) {
  ListenerSettings settings = raw.listener;
  settings.addresses = raw.admin_listen;
  settings.services = {"admin", "health", "reflection"};
  settings.name = kAdminListener;
  return settings;
}

absl::Status CheckAddresses(const RawOptions& raw, const Options& options,
                            const OptionEntries& entries) {
  absl::Status status;
  const auto check = [&status, &entries](const char* option, const auto& text) {
    status.Update(CheckListenAddress(option, text, entries));
  };
  for (const std::string& text : raw.listener.addresses) check(kListen, text);
  for (const std::string& text : raw.admin_listen) check(kAdminListen, text);
  if (!options.metrics_listen.empty()) {
    check(kMetricsListen, options.metrics_listen);
  }
  return status;
}

absl::Status CheckListeners(const RawOptions& raw,
                            const OptionEntries& entries) {
  if (raw.listener.tls_cert.empty()) {
    absl::Status status = CheckListener(kListen, raw.listener, entries);
    return status.ok()
               ? CheckListener(kAdminListen, AdminSettings(raw), entries)
               : status;
  }
  ListenerSettings all = raw.listener;
  absl::c_copy(raw.admin_listen, std::back_inserter(all.addresses));
  return CheckListener(kListen, all, entries);
}

absl::Status CheckTogether(const RawOptions& raw, const Options& options,
                           const OptionSources& sources) {
  absl::Status status = CheckSettings(raw.endpoint, sources.entries());
  if (!status.ok()) return status;
  if (!raw.socket_group.empty() && !FindGroup(raw.socket_group).has_value()) {
    return sources.Wrong("--socket-group", fmt::format("there is no group '{}'",
                                                       raw.socket_group));
  }
  if (options.exit_with_child &&
      raw.endpoint.restart == ModeName(RestartMode::kAlways)) {
    return sources.Wrong("--exit-with-child", "excludes --restart always");
  }
  status = CheckAddresses(raw, options, sources.entries());
  return status.ok() ? CheckListeners(raw, sources.entries()) : status;
}

// --- Listeners -------------------------------------------------------------

// Tables take the place of the listener that there is by default.
void DropDefaultListener(CLI::App& app, const OptionSources& sources,
                         RawOptions& raw) {
  CLI::Option* option = app.get_option(kListen);
  if (sources.listeners().empty() || option->count() > 0) return;
  raw.listener.addresses.clear();
  option->default_str("[]");
}

// What --print-config says of the tables goes to `printed`.
absl::Status TakeOverListeners(const RawOptions& raw,
                               const OptionSources& sources,
                               ServerOptions& options, std::string& printed) {
  absl::StatusOr<ListenerTables> tables =
      ReadListeners(sources.listeners(), raw.listener.insecure);
  if (!tables.ok()) return tables.status();
  ListenerSettings first = raw.listener;
  first.name = kDefaultListener;
  if (!raw.admin_listen.empty()) {
    first.services = {"gateway", "health", "reflection"};
  }
  options.listen.clear();
  const auto add = [&options](std::vector<ListenerTerms> listeners) {
    std::move(listeners.begin(), listeners.end(),
              std::back_inserter(options.listen));
  };
  if (!first.addresses.empty()) add(ToTerms(first, kListen));
  add(std::move(tables->terms));
  if (!raw.admin_listen.empty()) add(ToTerms(AdminSettings(raw), kAdminListen));
  printed = std::move(tables->printed);
  return absl::OkStatus();
}

// --- Endpoints -------------------------------------------------------------

// There is one child to end with, and it is not started again.
absl::Status EndWithChild(const OptionSources& sources,
                          std::vector<PoolOptions>& pools) {
  std::vector<PoolOptions*> with_child;
  for (PoolOptions& pool : pools) {
    if (!pool.member.command.arguments.empty()) with_child.push_back(&pool);
  }
  const bool one = with_child.size() == 1 && with_child[0]->replicas <= 1;
  if (!one && !pools.empty()) {
    return sources.Wrong("--exit-with-child",
                         "needs exactly one endpoint with a command, without "
                         "replicas");
  }
  for (PoolOptions* pool : with_child) {
    RestartOptions& restart = pool->member.restart;
    if (restart.mode == RestartMode::kAlways) {
      return sources.Wrong("--exit-with-child",
                           fmt::format("endpoint '{}' has restart = \"always\"",
                                       pool->member.name));
    }
    restart.mode = RestartMode::kNever;
  }
  return absl::OkStatus();
}

// Beside tables it is for those that can use it.
absl::Status CheckDefault(const EndpointSettings& settings,
                          const OptionSources& sources) {
  const bool wrong = settings.start != kOnDemand &&
                     ToMilliseconds(settings.idle_stop).count() > 0;
  return wrong && sources.tables().empty()
             ? sources.Wrong("--idle-stop", "needs --start on-demand")
             : absl::OkStatus();
}

// What only the top of the file has.
std::vector<std::string> GlobalKeys(const CLI::App& app) {
  CLI::App of_endpoints;
  EndpointSettings settings;
  AddEndpointOptions(of_endpoints, settings);
  std::vector<std::string> keys = KeysOf(app);
  std::erase_if(keys, [&of_endpoints](const std::string& key) {
    return of_endpoints.get_option_no_throw("--" + key) != nullptr;
  });
  return keys;
}

// What --print-config says of all goes to `printed`, which has what it says of
// the listeners.
absl::Status TakeOverEndpoints(const CLI::App& app, const RawOptions& raw,
                               const OptionSources& sources, Options& options,
                               std::string& printed) {
  absl::Status status = CheckDefault(raw.endpoint, sources);
  if (!status.ok()) return status;
  absl::StatusOr<Endpoints> endpoints =
      ReadEndpoints(raw.endpoint, sources.tables(), GlobalKeys(app));
  if (!endpoints.ok()) return endpoints.status();
  if (options.exit_with_child) {
    status = EndWithChild(sources, endpoints->pools);
    if (!status.ok()) return status;
  }
  printed =
      PrintConfig(app, raw.endpoint.command) + printed + endpoints->printed;
  options.pools = std::move(endpoints->pools);
  options.server.max_frame_bytes = raw.endpoint.max_frame_bytes;
  for (const PoolOptions& pool : options.pools) {
    options.server.max_frame_bytes =
        std::max(options.server.max_frame_bytes, pool.member.max_frame_bytes);
  }
  return absl::OkStatus();
}

// Who asks for health has no need of the files.
absl::Status TakeOverAccess(Options& options) {
  if (options.health_check) return absl::OkStatus();
  absl::StatusOr<AccessTerms> terms = ReadAccess(options.access);
  if (!terms.ok()) return terms.status();
  options.access_terms = *std::move(terms);
  return absl::OkStatus();
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
void DoAsAsked(const Modes& modes, std::string printed, ParsedOptions& parsed) {
  if (modes.print) {
    parsed.exit = ExitCode::kOk;
    parsed.text = std::move(printed);
  } else if (modes.check) {
    TellCheck(parsed);
  } else if (!parsed.options.health_check && parsed.options.pools.empty()) {
    FailWith(ExitCode::kUsage,
             "COMMAND is missing: say what to start after '--'", parsed);
  }
}

void AddAll(CLI::App& app, Options& options, RawOptions& raw, Modes& modes) {
  app.footer(kFooter);
  AddListening(app, options, raw);
  AddConnections(app, options, raw);
  AddChild(app, options, raw);
  AddClients(app, options, raw);
  AddAccessOptions(app, options.access);
  AddLogging(app, options, raw);
  AddScheduling(app, raw);
  AddGeneral(app, modes);
}

}  // namespace

ParsedOptions ParseOptions(int argc, const char* const* argv) {
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
  OptionSources sources(app, raw.endpoint.command);
  std::string printed;
  absl::Status status = sources.Take();
  DropDefaultListener(app, sources, raw);
  if (status.ok()) status = CheckTogether(raw, parsed.options, sources);
  if (status.ok()) {
    TakeOver(raw, parsed.options);
    status = TakeOverListeners(raw, sources, parsed.options.server, printed);
  }
  if (status.ok()) {
    status = TakeOverEndpoints(app, raw, sources, parsed.options, printed);
  }
  if (status.ok()) status = TakeOverAccess(parsed.options);
  if (!status.ok()) {
    FailWith(status, parsed);
    return parsed;
  }
  DoAsAsked(modes, std::move(printed), parsed);
  return parsed;
}

}  // namespace thespian::gateway
