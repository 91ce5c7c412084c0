#include "server/host/option_sources.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "server/command_line/near_match.h"
#include "server/host/option_kinds.h"

namespace thespian::gateway {
namespace {

constexpr char kConfigOption[] = "--config";
constexpr char kCommandKey[] = "command";

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

// "--stop-grace"; empty if it has no such name.
std::string NameOf(const CLI::Option& option) {
  return option.get_lnames().empty() ? "" : "--" + option.get_lnames().front();
}

bool IsKey(const CLI::Option& option) {
  return option.get_configurable() && !option.get_lnames().empty();
}

bool HasVariable(const CLI::Option& option) {
  return IsKey(option) || NameOf(option) == kConfigOption;
}

// What --print-config wrote, and writes, of an option that has no value.
bool IsNothing(const ConfigEntry& entry) {
  return entry.texts.empty() ||
         (entry.texts.size() == 1 &&
          (entry.texts[0].empty() || entry.texts[0] == "[]"));
}

// Null if it is right.
const char* WrongType(ValueKind kind, ConfigEntry::Type type) {
  using Type = ConfigEntry::Type;
  switch (kind) {
    case ValueKind::kFlag:
      return type == Type::kBoolean ? nullptr : "true or false";
    case ValueKind::kCount:
      return type == Type::kInteger ? nullptr : "an integer";
    case ValueKind::kBytes:
      return type == Type::kInteger || type == Type::kText
                 ? nullptr
                 : "an integer, or text with a unit such as \"4MiB\"";
    case ValueKind::kText:
      return type == Type::kText ? nullptr : "text";
    case ValueKind::kList:
      return type == Type::kArray || type == Type::kText ? nullptr
                                                         : "an array of text";
  }
  return nullptr;
}

// "--max-actors: Value 0 not in range" without what the source says already.
std::string_view WithoutName(std::string_view what, const std::string& name) {
  const std::string prefix = name + ": ";
  return what.starts_with(prefix) ? what.substr(prefix.size()) : what;
}

}  // namespace

absl::Status OptionSources::Take() {
  absl::Status status = CheckVariableNames();
  if (status.ok()) status = TakeEnvironment();
  if (!status.ok()) return status;
  const auto path = app_.get_option(kConfigOption)->as<std::string>();
  return path.empty() ? absl::OkStatus() : TakeFile(path);
}

absl::Status OptionSources::Wrong(const std::string& option,
                                  std::string_view what) const {
  const auto found = sources_.find(option);
  if (found == sources_.end()) {
    return absl::InvalidArgumentError(fmt::format("{}: {}", option, what));
  }
  const std::string text = fmt::format("{}: {}", found->second.name, what);
  return found->second.file ? absl::FailedPreconditionError(text)
                            : absl::InvalidArgumentError(text);
}

absl::Status OptionSources::Give(CLI::Option& option,
                                 const std::vector<std::string>& texts,
                                 Source source) {
  const std::string name = NameOf(option);
  sources_[name] = std::move(source);
  try {
    option.add_result(texts);
    option.run_callback();
  } catch (const CLI::ParseError& error) {
    return Wrong(name, WithoutName(error.what(), name));
  }
  return absl::OkStatus();
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
        Give(*option, {value}, {.name = EnvironmentName(name)});
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// --- The file --------------------------------------------------------------

absl::Status OptionSources::TakeFile(const std::string& path) {
  const absl::StatusOr<std::vector<ConfigEntry>> entries = ReadConfigFile(path);
  if (!entries.ok()) return entries.status();
  for (const ConfigEntry& entry : *entries) {
    absl::Status status = TakeEntry(entry);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status OptionSources::TakeEntry(const ConfigEntry& entry) {
  if (entry.key == kCommandKey) return TakeCommand(entry);
  CLI::Option* option = app_.get_option_no_throw("--" + entry.key);
  if (option == nullptr || !IsKey(*option)) {
    std::vector<std::string> keys = {kCommandKey};
    for (const CLI::Option* known : app_.get_options()) {
      if (IsKey(*known)) keys.push_back(known->get_lnames().front());
    }
    return absl::FailedPreconditionError(
        fmt::format("{}: there is no key {}{}", entry.place, entry.key,
                    DidYouMean(entry.key, keys)));
  }
  if (IsNothing(entry)) return absl::OkStatus();
  if (const char* right = WrongType(KindOf(*option), entry.type)) {
    return absl::FailedPreconditionError(
        fmt::format("{}: {} must be {}", entry.place, entry.key, right));
  }
  if (option->count() > 0) return absl::OkStatus();
  return Give(
      *option, entry.texts,
      {.name = fmt::format("{}: {}", entry.place, entry.key), .file = true});
}

absl::Status OptionSources::TakeCommand(const ConfigEntry& entry) {
  if (entry.type != ConfigEntry::Type::kArray || entry.texts.empty() ||
      entry.texts.front().empty()) {
    return absl::FailedPreconditionError(
        fmt::format("{}: {} must be an array with a program and its arguments: "
                    "[\"PROGRAM\", \"ARGUMENT\"]",
                    entry.place, entry.key));
  }
  if (command_.empty()) command_ = entry.texts;
  return absl::OkStatus();
}

// --- Printing --------------------------------------------------------------

namespace {

std::string PrintList(const std::vector<std::string>& texts) {
  return fmt::format(
      "[{}]",
      absl::StrJoin(texts, ", ", [](std::string* out, const auto& text) {
        out->append(QuoteToml(text));
      }));
}

// Its default is text, too: "[]" if it is none.
std::vector<std::string> TextsOf(const CLI::Option& list) {
  const std::string given = list.get_default_str();
  if (list.count() == 0 && (given.empty() || given == "[]")) return {};
  return list.as<std::vector<std::string>>();
}

std::string PrintValue(const CLI::Option& option) {
  switch (KindOf(option)) {
    case ValueKind::kFlag:
      return option.count() > 0 && option.as<bool>() ? "true" : "false";
    case ValueKind::kCount:
    case ValueKind::kBytes:
      return std::to_string(option.as<uint64_t>());
    case ValueKind::kText:
      return QuoteToml(option.as<std::string>());
    case ValueKind::kList:
      return PrintList(TextsOf(option));
  }
  return "";
}

}  // namespace

std::string PrintConfig(const CLI::App& app,
                        const std::vector<std::string>& command) {
  std::string text;
  for (const CLI::Option* option : app.get_options()) {
    if (!IsKey(*option) || option->get_group().empty()) continue;
    text += fmt::format("{}={}\n", option->get_lnames().front(),
                        PrintValue(*option));
  }
  if (!command.empty()) {
    text += fmt::format("{}={}\n", kCommandKey, PrintList(command));
  }
  return text;
}

}  // namespace thespian::gateway
