#include "server/options.h"

#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <istream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "fmt/format.h"
#include "server/version.h"

namespace thespian::gateway {
namespace {

constexpr size_t kLeastFrameBytes = 256;
constexpr char kDescription[] =
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
  std::string payload_profile = "thespian";
  std::string log_format = "text";
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

// What the environment says of an option; empty if nothing.
std::string EnvironmentValue(const std::string& option) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread yet.
  const char* value = std::getenv(EnvironmentName(option).c_str());
  return value == nullptr ? "" : value;
}

template <typename T>
CLI::Option* Add(CLI::App& app, const std::string& name, T& value,
                 const std::string& description) {
  return app.add_option(name, value, description)
      ->envname(EnvironmentName(name))
      ->capture_default_str();
}

// What the help says of the value: its kind and its default.
void Label(CLI::Option* option, std::string_view kind) {
  option->option_text(fmt::format("{} [{}]", kind, option->get_default_str()));
}

// A number of bytes, with or without a unit, within limits.
void AddBytes(CLI::App& app, const std::string& name, uint64_t& value,
              uint64_t least, uint64_t most, const std::string& description) {
  Label(Add(app, name, value, description)
            ->transform(CLI::AsSizeValue(/*kb_is_1000=*/false))
            ->check(CLI::Range(least, most)),
        "BYTES");
}

void AddCount(CLI::App& app, const std::string& name, size_t& value,
              size_t least, size_t most, const std::string& description) {
  Label(Add(app, name, value, description)->check(CLI::Range(least, most)),
        "NUMBER");
}

void AddWord(CLI::App& app, const std::string& name, std::string& value,
             const std::vector<std::string>& words,
             const std::string& description) {
  Label(Add(app, name, value, description)->check(CLI::IsMember(words)),
        absl::StrJoin(words, "|"));
}

void AddDuration(CLI::App& app, const std::string& name, std::string& value,
                 const std::string& description) {
  const CLI::Validator valid(
      [](std::string& text) -> std::string {
        absl::Duration duration;
        if (absl::ParseDuration(text, &duration) &&
            duration >= absl::ZeroDuration() && duration <= absl::Hours(1)) {
          return {};
        }
        return fmt::format("'{}' is no duration of 0s to 1h, such as 500ms",
                           text);
      },
      "DURATION");
  Label(Add(app, name, value, description)->check(valid), "DURATION");
}

void AddListening(CLI::App& app, Options& options) {
  Label(Add(app, "--listen", options.server.listen,
            "Where to listen: host:port (port 0: any) or unix:PATH. "
            "Repeatable.")
            ->delimiter(',')
            ->take_all()
            ->default_str(options.server.listen.front()),
        "ADDRESS");
  Add(app, "--port-file", options.port_file,
      "Write the addresses that are listened on, one a line, to this file once "
      "the gateway serves.")
      ->option_text("PATH");
}

void AddChild(CLI::App& app, Options& options, RawOptions& raw) {
  app.add_option("COMMAND", options.endpoint.command.arguments,
                 "The child's program and its arguments.")
      ->configurable(false);
  AddBytes(app, "--max-frame-bytes", raw.max_frame_bytes, kLeastFrameBytes,
           kMaxSkippedFrameBytes,
           "Largest frame taken from the child, and written to it.");
  AddWord(app, "--payload-profile", raw.payload_profile, {"thespian", "cbor"},
          "What the child can decode: thespian's own subset of CBOR, in frames "
          "up to 32768 bytes; or any CBOR.");
  AddBytes(app, "--queue-bytes", raw.queue_bytes, 64u << 10, uint64_t{1} << 40,
           "Bytes that may wait for the child to read before senders are "
           "refused. At least two of the largest frames.");
  AddDuration(app, "--stop-grace", raw.stop_grace,
              "How long the child may take to end after its stdin was closed, "
              "and again after SIGTERM, before SIGKILL.");
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

// CLI11 has the file come before the environment; here it comes after.
class FileBelowEnvironment final : public CLI::ConfigTOML {
 public:
  std::vector<CLI::ConfigItem> from_config(std::istream& in) const override {
    std::vector<CLI::ConfigItem> kept = CLI::ConfigTOML::from_config(in);
    std::erase_if(kept, [](const CLI::ConfigItem& item) {
      return !EnvironmentValue("--" + item.name).empty();
    });
    return kept;
  }
};

void AddGeneral(CLI::App& app, bool& print, bool& check) {
  app.set_version_flag("--version", VersionText(), "Print the version.");
  // CLI11 reads the file before it looks at the option's variable.
  const std::string file = EnvironmentValue("--config");
  app.set_config("--config", file, "Read options from this file (TOML or INI).",
                 /*config_required=*/!file.empty())
      ->option_text("PATH");
  app.config_formatter(std::make_shared<FileBelowEnvironment>());
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.add_flag("--print-config", print, "Print the configuration and end.")
      ->configurable(false);
  app.add_flag("--check-config", check, "Check the configuration and end.")
      ->configurable(false);
}

absl::Duration ToDuration(const std::string& text) {
  absl::Duration duration;
  absl::ParseDuration(text, &duration);
  return duration;
}

void TakeOver(const RawOptions& raw, Options& options) {
  options.endpoint.profile = raw.payload_profile == "cbor"
                                 ? PayloadProfile::kCbor
                                 : PayloadProfile::kThespian;
  options.log.format =
      raw.log_format == "json" ? LogFormat::kJson : LogFormat::kText;
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
  AddLogging(app, parsed.options, raw);
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
