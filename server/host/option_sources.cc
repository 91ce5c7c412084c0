#include "server/host/option_sources.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "fmt/format.h"
#include "server/command_line/near_match.h"
#include "server/host/endpoint_settings.h"
#include "server/host/option_kinds.h"

namespace thespian::gateway {
namespace {

constexpr char kConfigOption[] = "--config";

// Of the other programs that are told of a gateway by the environment.
constexpr std::array<std::string_view, 2> kOthersVariables = {"ADDRESS", "BIN"};

// In a Kubernetes cluster with a service "thespian-gateway" every container has
// variables that tell where it is: ..._SERVICE_HOST, ..._PORT_80_TCP_ADDR.
bool IsOfKubernetes(std::string_view name) {
  if (name == "PORT" || name == "SERVICE_HOST" || name == "SERVICE_PORT" ||
      name.starts_with("SERVICE_PORT_")) {
    return true;
  }
  constexpr std::string_view kPort = "PORT_";
  return name.starts_with(kPort) && name.size() > kPort.size() &&
         absl::ascii_isdigit(static_cast<unsigned char>(name[kPort.size()]));
}

bool IsOfOthers(std::string_view name) {
  return std::find(kOthersVariables.begin(), kOthersVariables.end(), name) !=
             kOthersVariables.end() ||
         IsOfKubernetes(name);
}

bool HasVariable(const CLI::Option& option) {
  return IsKey(option) || NameOf(option) == kConfigOption;
}

}  // namespace

absl::Status OptionSources::Take() {
  absl::Status status = CheckVariableNames();
  if (status.ok()) status = TakeEnvironment();
  if (!status.ok()) return status;
  const auto path = app_.get_option(kConfigOption)->as<std::string>();
  return path.empty() ? absl::OkStatus() : TakeFile(path);
}

// --- The environment -------------------------------------------------------

absl::Status OptionSources::CheckVariableNames() const {
  std::vector<std::string> known;
  for (const CLI::Option* option : app_.get_options()) {
    if (!HasVariable(*option)) continue;
    known.push_back(EnvironmentName(NameOf(*option)));
  }
  const std::string prefix = EnvironmentName("--");
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string_view name = *entry;
    name = name.substr(0, name.find('='));
    if (!name.starts_with(prefix) || IsOfOthers(name.substr(prefix.size())) ||
        std::find(known.begin(), known.end(), name) != known.end()) {
      continue;
    }
    return absl::InvalidArgumentError(fmt::format(
        "{}: no option has this variable{}", name, DidYouMean(name, known)));
  }
  return absl::OkStatus();
}

absl::Status OptionSources::TakeEnvironment() {
  for (CLI::Option* option : app_.get_options()) {
    if (!HasVariable(*option) || option->count() > 0) continue;
    const std::string name = NameOf(*option);
    const std::string value = EnvironmentValue(name);
    if (value.empty()) continue;
    absl::Status status =
        entries_.Give(*option, {value}, {.name = EnvironmentName(name)});
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// --- The file --------------------------------------------------------------

absl::Status OptionSources::TakeFile(const std::string& path) {
  absl::StatusOr<ConfigFile> file = ReadConfigFile(path);
  if (!file.ok()) return file.status();
  for (const ConfigEntry& entry : file->entries) {
    absl::Status status = TakeEntry(entry);
    if (!status.ok()) return status;
  }
  tables_ = std::move(file->tables);
  listeners_ = std::move(file->listeners);
  return absl::OkStatus();
}

absl::Status OptionSources::TakeEntry(const ConfigEntry& entry) {
  if (entries_.Has(entry.key)) return entries_.Take(entry);
  const std::vector<std::string> of_tables = TableKeys();
  if (absl::c_linear_search(of_tables, entry.key)) {
    return absl::FailedPreconditionError(
        fmt::format("{}: {} is of one endpoint: put it into its table, "
                    "[endpoint.NAME]",
                    entry.place, entry.key));
  }
  return UnknownKey(entry, entries_.Keys());
}

}  // namespace thespian::gateway
