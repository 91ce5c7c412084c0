#include "clients/cli/context_file.h"

#include <toml++/toml.h>

#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "fmt/format.h"
#include "server/command_line/file_text.h"
#include "server/command_line/near_match.h"

namespace thespian::gateway::cli {
namespace {

constexpr size_t kMostBytes = 1u << 20;
constexpr char kContext[] = "context";

std::string Variable(const char* name) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody writes the environment.
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Reads one context of a file.
class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  absl::StatusOr<Context> Read(const toml::table& file,
                               std::string name) const {
    const toml::node* chosen = file.get(kContext);
    const toml::table* contexts =
        chosen == nullptr ? nullptr : chosen->as_table();
    for (const auto& [key, node] : file) {
      if (key.str() == kContext || key.str() == "default") continue;
      return Error(node, fmt::format("there is no key {}", key.str()));
    }
    if (name.empty()) name = file["default"].value_or(std::string());
    if (name.empty()) return Context();
    const toml::node* found =
        contexts == nullptr ? nullptr : contexts->get(name);
    if (found == nullptr || !found->is_table()) {
      return absl::FailedPreconditionError(
          fmt::format("{}: there is no table [context.{}]", path_, name));
    }
    return ReadTable(*found->as_table());
  }

 private:
  absl::Status Error(const toml::node& node, std::string_view what) const {
    return absl::FailedPreconditionError(
        fmt::format("{}:{}:{}: {}", path_, node.source().begin.line,
                    node.source().begin.column, what));
  }

  absl::StatusOr<Context> ReadTable(const toml::table& table) const {
    Context context;
    for (const auto& [key, node] : table) {
      absl::Status status = ReadKey(key.str(), node, context);
      if (!status.ok()) return status;
    }
    for (std::string* file : {&context.ca, &context.cert, &context.key}) {
      if (file->empty()) continue;
      *file = std::filesystem::path(path_).parent_path() / *file;
    }
    return context;
  }

  absl::Status ReadKey(std::string_view key, const toml::node& node,
                       Context& context) const {
    if (key == "address") return ReadText(key, node, context.address);
    if (key == "endpoint") return ReadText(key, node, context.endpoint);
    if (key == "ca") return ReadText(key, node, context.ca);
    if (key == "cert") return ReadText(key, node, context.cert);
    if (key == "key") return ReadText(key, node, context.key);
    if (key == "headers") return ReadList(key, node, context.headers);
    if (key == "tls") {
      if (!node.is_boolean()) return Error(node, "tls must be true or false");
      context.tls = node.as_boolean()->get();
      return absl::OkStatus();
    }
    return Error(
        node, fmt::format("there is no key {}{}", key,
                          DidYouMean(key, {"address", "endpoint", "tls", "ca",
                                           "cert", "key", "headers"})));
  }

  absl::Status ReadText(std::string_view key, const toml::node& node,
                        std::string& value) const {
    if (!node.is_string()) {
      return Error(node, fmt::format("{} must be text", key));
    }
    value = node.as_string()->get();
    return absl::OkStatus();
  }

  absl::Status ReadList(std::string_view key, const toml::node& node,
                        std::vector<std::string>& values) const {
    if (!node.is_array()) {
      return Error(node, fmt::format("{} must be an array of text", key));
    }
    for (const toml::node& item : *node.as_array()) {
      absl::Status status = ReadText(key, item, values.emplace_back());
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  const std::string& path_;
};

}  // namespace

std::string ContextPath() {
  const std::string config = Variable("XDG_CONFIG_HOME");
  const std::string home = Variable("HOME");
  if (config.empty() && home.empty()) return "";
  const std::filesystem::path folder =
      config.empty() ? std::filesystem::path(home) / ".config"
                     : std::filesystem::path(config);
  return folder / "thespianctl" / "config.toml";
}

absl::StatusOr<Context> ReadContext(const std::string& path,
                                    const std::string& name) {
  std::error_code ignored;
  if (name.empty() && !std::filesystem::exists(path, ignored)) {
    return Context();
  }
  const absl::StatusOr<std::string> text = ReadFileText(path, kMostBytes);
  if (!text.ok()) return text.status();
  try {
    return Reader(path).Read(toml::parse(*text, path), name);
  } catch (const toml::parse_error& error) {
    return absl::FailedPreconditionError(
        fmt::format("{}:{}:{}: {}", path, error.source().begin.line,
                    error.source().begin.column, error.description()));
  }
}

}  // namespace thespian::gateway::cli
