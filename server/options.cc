#include "server/options.h"

#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <map>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/time/time.h"
#include "fmt/format.h"
#include "server/version.h"

namespace thespian::gateway {
namespace {

constexpr size_t kLeastFrameBytes = 256;
constexpr char kDescription[] =
    "thespian-gateway [OPTIONS] -- COMMAND [ARG...]\n\n"
    "Opens the actors of a child process to gRPC clients.\n\n"
    "COMMAND is started without a shell and must speak the remote actor\n"
    "protocol of thespian on its stdin and stdout. Options come first, then\n"
    "'--', then the command. Every option can also be given in the "
    "environment\n"
    "(--stop-grace as THESPIAN_GATEWAY_STOP_GRACE, and so on).";
constexpr char kFooter[] =
    "Example:\n"
    "  thespian-gateway --listen 127.0.0.1:50051 -- thespian-demo-child\n\n"
    "Exit codes: 0 ended as asked, 64 wrong usage, 69 the child can't be run,\n"
    "78 wrong configuration or an address that can't be listened on.";

// What CLI11 fills before it is checked and taken over.
struct RawOptions {
  std::string stop_grace = "5s";
  std::string proxy_idle_timeout = "0s";
  uint64_t max_frame_bytes = 4u << 20;
  uint64_t queue_bytes = 8u << 20;
  uint64_t mailbox_bytes = 4u << 20;
};

std::string EnvironmentName(const std::string& option) {
  std::string name = "THESPIAN_GATEWAY_";
  for (const char c : option.substr(2)) {
    name += c == '-' ? '_' : absl::ascii_toupper(static_cast<unsigned char>(c));
  }
  return name;
}

template <typename T>
CLI::Option* Add(CLI::App& app, const std::string& name, T& value,
                 const std::string& description) {
  return app.add_option(name, value, description)
      ->envname(EnvironmentName(name))
      ->capture_default_str();
}

CLI::Validator Duration() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        absl::Duration duration;
        if (absl::ParseDuration(text, &duration) &&
            duration >= absl::ZeroDuration() && duration <= absl::Hours(1)) {
          return {};
        }
        return fmt::format(
            "'{}' is no duration of 0 to 1h, such as 5s or 500ms", text);
      },
      "DURATION");
}

void AddListening(CLI::App& app, Options& options) {
  Add(app, "--listen", options.server.listen,
      "Where to listen: host:port (port 0: any) or unix:PATH. Repeatable.")
      ->type_name("ADDRESS")
      ->delimiter(',')
      ->take_all();
  Add(app, "--port-file", options.port_file,
      "Write the addresses that are listened on, one a line, to this file once "
      "the gateway serves.")
      ->type_name("PATH");
}

void AddChild(CLI::App& app, Options& options, RawOptions& raw) {
  static const std::map<std::string, PayloadProfile> kProfiles = {
      {"thespian", PayloadProfile::kThespian}, {"cbor", PayloadProfile::kCbor}};
  app.add_option("COMMAND", options.endpoint.command.arguments,
                 "The child's program and its arguments.")
      ->configurable(false);
  Add(app, "--max-frame-bytes", raw.max_frame_bytes,
      "Largest frame taken from the child, and largest payload of a client.")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/false))
      ->check(CLI::Range(uint64_t{kLeastFrameBytes}, kMaxSkippedFrameBytes));
  Add(app, "--payload-profile", options.endpoint.profile,
      "What the child can decode: 'thespian' (definite lengths, no tags, "
      "frames "
      "up to 32768 bytes) or 'cbor' (anything well-formed).")
      ->transform(CLI::CheckedTransformer(kProfiles))
      ->default_str("thespian");
  Add(app, "--queue-bytes", raw.queue_bytes,
      "Bytes that may wait for the child to read before senders are refused. "
      "At least twice the largest frame.")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/false))
      ->check(CLI::Range(uint64_t{64} << 10, uint64_t{1} << 40));
  Add(app, "--stop-grace", raw.stop_grace,
      "How long the child may take to end after its stdin was closed, and "
      "again after SIGTERM, before SIGKILL.")
      ->check(Duration());
}

void AddProxies(CLI::App& app, Options& options, RawOptions& raw) {
  Add(app, "--max-proxies", options.endpoint.max_proxies,
      "Live proxies at a time; one that has long been idle gives way. 0: any "
      "number.");
  Add(app, "--proxy-idle-timeout", raw.proxy_idle_timeout,
      "Release proxies without links that have been idle this long. 0s: never.")
      ->check(Duration());
}

absl::Duration ToDuration(const std::string& text) {
  absl::Duration duration;
  absl::ParseDuration(text, &duration);
  return duration;
}

void AddClients(CLI::App& app, Options& options, RawOptions& raw) {
  Add(app, "--max-actors", options.gateway.max_local_actors,
      "Attached clients at a time.")
      ->check(CLI::Range(size_t{1}, size_t{10'000'000}));
  Add(app, "--max-watchers", options.gateway.max_watchers,
      "Watching clients at a time.")
      ->check(CLI::Range(size_t{1}, size_t{1'000'000}));
  Add(app, "--mailbox-bytes", raw.mailbox_bytes,
      "Bytes that may wait for one client to read before it is cut off.")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/false))
      ->check(CLI::Range(uint64_t{4} << 10, uint64_t{1} << 40));
  Add(app, "--mailbox-items", options.gateway.mailbox.items,
      "Messages that may wait for one client to read before it is cut off.")
      ->check(CLI::Range(size_t{16}, size_t{100'000'000}));
}

void AddLogging(CLI::App& app, LogOptions& log) {
  Add(app, "--log-level", log.level, "How much is logged, to stderr.")
      ->check(
          CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}));
  static const std::map<std::string, LogFormat> kFormats = {
      {"text", LogFormat::kText}, {"json", LogFormat::kJson}};
  Add(app, "--log-format", log.format, "'text', or 'json': one object a line.")
      ->transform(CLI::CheckedTransformer(kFormats))
      ->default_str("text");
}

void AddGeneral(CLI::App& app, bool& print, bool& check) {
  app.set_version_flag("--version", VersionText(), "Print the version.");
  app.set_config("--config", "", "Read options from this file (TOML or INI).")
      ->envname("THESPIAN_GATEWAY_CONFIG");
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.add_flag("--print-config", print, "Print the configuration and end.")
      ->configurable(false);
  app.add_flag("--check-config", check, "Check the configuration and end.")
      ->configurable(false);
}

void TakeOver(const RawOptions& raw, Options& options) {
  options.endpoint.command.stop_grace =
      absl::ToChronoMilliseconds(ToDuration(raw.stop_grace));
  options.endpoint.proxy_idle_timeout =
      absl::ToChronoMilliseconds(ToDuration(raw.proxy_idle_timeout));
  options.endpoint.max_frame_bytes = raw.max_frame_bytes;
  options.endpoint.queue.high_bytes = raw.queue_bytes;
  options.server.max_frame_bytes = raw.max_frame_bytes;
  options.gateway.mailbox.bytes = raw.mailbox_bytes;
}

// CLI11's own words on what is wrong, or the help that was asked for.
void Fail(const CLI::App& app, const CLI::ParseError& error,
          ParsedOptions& parsed) {
  std::ostringstream out;
  std::ostringstream err;
  if (app.exit(error, out, err) == 0) {
    parsed.exit = ExitCode::kOk;
    parsed.text = out.str();
    return;
  }
  const bool in_file = dynamic_cast<const CLI::ConfigError*>(&error) ||
                       dynamic_cast<const CLI::FileError*>(&error);
  parsed.exit = in_file ? ExitCode::kConfig : ExitCode::kUsage;
  parsed.text =
      fmt::format("thespian-gateway: {} (try --help)\n", error.what());
}

}  // namespace

ParsedOptions ParseOptions(int argc, char** argv) {
  ParsedOptions parsed;
  RawOptions raw;
  bool print = false;
  bool check = false;
  CLI::App app(kDescription, "thespian-gateway");
  app.footer(kFooter);
  AddListening(app, parsed.options);
  AddChild(app, parsed.options, raw);
  AddProxies(app, parsed.options, raw);
  AddClients(app, parsed.options, raw);
  AddLogging(app, parsed.options.log);
  AddGeneral(app, print, check);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    Fail(app, error, parsed);
    return parsed;
  }
  TakeOver(raw, parsed.options);
  if (print) {
    parsed.exit = ExitCode::kOk;
    parsed.text = app.config_to_str(/*default_also=*/true);
  } else if (check) {
    parsed.exit = ExitCode::kOk;
    parsed.text = "the configuration is valid\n";
  } else if (parsed.options.endpoint.command.arguments.empty()) {
    parsed.exit = ExitCode::kUsage;
    parsed.text =
        "thespian-gateway: COMMAND is missing: say what to start after '--' "
        "(try --help)\n";
  }
  return parsed;
}

}  // namespace thespian::gateway
