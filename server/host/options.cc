#include "server/host/options.h"

#include <grp.h>
#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <array>
#include <charconv>
#include <istream>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "endpoint/actors/local_actors.h"
#include "endpoint/wire/dialects.h"
#include "endpoint/wire/frame_decoder.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"
#include "server/host/option_kinds.h"
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
    "(--stop-grace as THESPIAN_GATEWAY_STOP_GRACE, and so on).";
constexpr char kFooter[] =
    "'thespian-gateway healthcheck', with the same options, asks a running\n"
    "gateway for its health: exit code 0 if it serves, 1 if not.\n\n"
    "Example:\n"
    "  thespian-gateway --listen 127.0.0.1:50051 -- thespian-demo-child\n\n"
    "Exit codes: 0 ended as asked, 64 wrong usage, 69 the child can't be run,\n"
    "78 wrong configuration or an address that can't be listened on.";

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

std::optional<mode_t> ParseMode(std::string_view text) {
  mode_t mode = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && mode <= 0777 ? std::optional(mode) : std::nullopt;
}

// By its name or its number.
std::optional<gid_t> FindGroup(const std::string& text) {
  gid_t number = 0;
  if (absl::SimpleAtoi(text, &number)) return number;
  std::array<char, 16'384> buffer;
  group entry{};
  group* found = nullptr;
  getgrnam_r(text.c_str(), &entry, buffer.data(), buffer.size(), &found);
  return found != nullptr ? std::optional(found->gr_gid) : std::nullopt;
}

void AddListening(CLI::App& app, Options& options) {
  Label(AddList(app, "--listen", options.server.listen,
                "Where to listen: host:port (port 0: any) or unix:PATH. "
                "Repeatable.")
            ->default_str(options.server.listen.front()),
        "ADDRESS");
  AddList(app, "--admin-listen", options.server.admin_listen,
          "Where AdminService is served, and nowhere else; by default it is "
          "served with the rest. Repeatable.")
      ->option_text("ADDRESS");
  AddOption(app, "--metrics-listen", options.metrics_listen,
            "Serve metrics for Prometheus at /metrics on this host:port.")
      ->option_text("ADDRESS");
  AddOption(
      app, "--port-file", options.port_file,
      "Write the addresses that are listened on, one a line, to this file once "
      "the gateway serves.")
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
  const CLI::Validator octal(
      [](std::string& text) -> std::string {
        return ParseMode(text).has_value()
                   ? std::string()
                   : fmt::format("'{}' is no mode of 0 to 0777, such as 0660",
                                 text);
      },
      "MODE");
  AddOption(app, "--socket-mode", raw.socket_mode,
            "The mode of the files of Unix sockets. Default: by the umask.")
      ->check(octal)
      ->option_text("MODE");
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

// What --print-config writes of an option that has no value.
bool IsNothing(const CLI::ConfigItem& item) {
  return item.inputs.empty() ||
         (item.inputs.size() == 1 &&
          (item.inputs[0].empty() || item.inputs[0] == "[]"));
}

// CLI11 has the file come before the environment; here it comes after.
class FileBelowEnvironment final : public CLI::ConfigTOML {
 public:
  std::vector<CLI::ConfigItem> from_config(std::istream& in) const override {
    std::vector<CLI::ConfigItem> kept = CLI::ConfigTOML::from_config(in);
    std::erase_if(kept, [](const CLI::ConfigItem& item) {
      return IsNothing(item) || !EnvironmentValue("--" + item.name).empty();
    });
    for (const CLI::ConfigItem& item : kept) names_.insert("--" + item.name);
    return kept;
  }

  // Whether the file gave the option that `message` begins with.
  bool IsToBlameFor(std::string_view message) const {
    return names_.contains(std::string(message.substr(0, message.find(':'))));
  }

 private:
  mutable std::set<std::string> names_;
};

void AddGeneral(CLI::App& app, bool& print, bool& check,
                const std::shared_ptr<FileBelowEnvironment>& file_reader) {
  app.set_version_flag("--version", VersionText(), "Print the version.");
  // CLI11 reads the file before it looks at the option's variable.
  const std::string file = EnvironmentValue("--config");
  app.set_config("--config", file, "Read options from this file (TOML or INI).",
                 /*config_required=*/!file.empty())
      ->option_text("PATH");
  app.config_formatter(file_reader);
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.add_flag("--print-config", print, "Print the configuration and end.")
      ->configurable(false);
  app.add_flag("--check-config", check, "Check the configuration and end.")
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

// CLI11's own words on what is wrong, or the help that was asked for.
void Fail(const CLI::App& app, const CLI::ParseError& error,
          const FileBelowEnvironment& file, ParsedOptions& parsed) {
  std::ostringstream out;
  std::ostringstream err;
  if (app.exit(error, out, err) == 0) {
    parsed.exit = ExitCode::kOk;
    parsed.text = out.str();
    return;
  }
  const bool in_file = dynamic_cast<const CLI::ConfigError*>(&error) ||
                       dynamic_cast<const CLI::FileError*>(&error) ||
                       file.IsToBlameFor(error.what());
  parsed.exit = in_file ? ExitCode::kConfig : ExitCode::kUsage;
  parsed.text =
      fmt::format("thespian-gateway: {} (try --help)\n", error.what());
}

void CheckTogether(const RawOptions& raw, const Options& options) {
  if (!raw.payload_profile.empty()) {
    throw CLI::ValidationError(
        "--payload-profile",
        fmt::format("is gone: use --dialect {}",
                    raw.payload_profile == "cbor"
                        ? "plain, which takes any CBOR"
                        : "plain for children written for the gateway, or "
                          "--dialect thespian for thespian processes"));
  }
  if (!raw.socket_group.empty() && !FindGroup(raw.socket_group).has_value()) {
    throw CLI::ValidationError(
        "--socket-group",
        fmt::format("there is no group '{}'", raw.socket_group));
  }
  for (const std::string& name : options.endpoint.names) {
    const absl::Status status = CheckActorName("name", name);
    if (!status.ok()) {
      throw CLI::ValidationError("--names", std::string(MessageOf(status)));
    }
  }
  if (options.exit_with_child &&
      raw.restart == ModeName(RestartMode::kAlways)) {
    throw CLI::ValidationError("--exit-with-child",
                               "excludes --restart always");
  }
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
  bool print = false;
  bool check = false;
  const auto file = std::make_shared<FileBelowEnvironment>();
  CLI::App app(kDescription, "thespian-gateway");
  app.footer(kFooter);
  AddListening(app, parsed.options);
  AddConnections(app, parsed.options, raw);
  AddChild(app, parsed.options, raw);
  AddChildSetup(app, parsed.options, raw);
  AddSupervision(app, parsed.options, raw);
  AddProxies(app, parsed.options, raw);
  AddClients(app, parsed.options, raw);
  AddLogging(app, parsed.options, raw);
  AddScheduling(app, raw);
  AddGeneral(app, print, check, file);
  try {
    app.parse(argc, argv);
    CheckTogether(raw, parsed.options);
  } catch (const CLI::ParseError& error) {
    Fail(app, error, *file, parsed);
    return parsed;
  }
  TakeOver(raw, parsed.options);
  if (print) {
    parsed.exit = ExitCode::kOk;
    parsed.text = app.config_to_str(/*default_also=*/true);
  } else if (check) {
    parsed.exit = ExitCode::kOk;
    parsed.text = "the configuration is valid\n";
  } else if (!parsed.options.health_check &&
             parsed.options.endpoint.command.arguments.empty()) {
    parsed.exit = ExitCode::kUsage;
    parsed.text =
        "thespian-gateway: COMMAND is missing: say what to start after '--' "
        "(try --help)\n";
  }
  return parsed;
}

}  // namespace thespian::gateway
