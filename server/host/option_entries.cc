#include "server/host/option_entries.h"

#include <utility>

#include "fmt/format.h"
#include "server/command_line/near_match.h"
#include "server/host/option_kinds.h"

namespace thespian::gateway {
namespace {

// What --print-config wrote, and writes, of an option that has no value.
bool IsNothing(const ConfigEntry& entry) {
  if (entry.type == ConfigEntry::Type::kTable) return false;
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

OptionEntries::Source SourceOf(const ConfigEntry& entry) {
  return {.name = fmt::format("{}: {}", entry.place, entry.key), .file = true};
}

}  // namespace

bool OptionEntries::Has(const std::string& key) const {
  if (key == kCommandKey) return true;
  const CLI::Option* option = app_.get_option_no_throw("--" + key);
  return option != nullptr && IsKey(*option);
}

std::vector<std::string> OptionEntries::Keys() const {
  std::vector<std::string> keys = KeysOf(app_);
  keys.emplace_back(kCommandKey);
  return keys;
}

absl::Status OptionEntries::Take(const ConfigEntry& entry) {
  if (entry.key == kCommandKey) return TakeCommand(entry);
  CLI::Option& option = *app_.get_option("--" + entry.key);
  const bool nothing = IsNothing(entry);
  if (nothing && nothing_ == Nothing::kDefault) return absl::OkStatus();
  if (const char* right = WrongType(KindOf(option), entry.type)) {
    return absl::FailedPreconditionError(
        fmt::format("{}: {} must be {}", entry.place, entry.key, right));
  }
  if (option.count() > 0) return absl::OkStatus();
  // CLI11 has no empty list; see WithoutNothing.
  return Give(option, nothing ? std::vector<std::string>{""} : entry.texts,
              SourceOf(entry));
}

absl::Status OptionEntries::Give(CLI::Option& option,
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

absl::Status OptionEntries::TakeCommand(const ConfigEntry& entry) {
  if (entry.type != ConfigEntry::Type::kArray || entry.texts.empty() ||
      entry.texts.front().empty()) {
    return absl::FailedPreconditionError(
        fmt::format("{}: {} must be an array with a program and its arguments: "
                    "[\"PROGRAM\", \"ARGUMENT\"]",
                    entry.place, entry.key));
  }
  if (!command_.empty()) return absl::OkStatus();
  command_ = entry.texts;
  sources_["--" + entry.key] = SourceOf(entry);
  return absl::OkStatus();
}

bool OptionEntries::Gave(const std::string& option) const {
  return sources_.contains(option);
}

absl::Status OptionEntries::Wrong(const std::string& option,
                                  std::string_view what) const {
  const auto found = sources_.find(option);
  if (found == sources_.end()) {
    return absl::InvalidArgumentError(fmt::format("{}: {}", option, what));
  }
  const std::string text = fmt::format("{}: {}", found->second.name, what);
  return found->second.file ? absl::FailedPreconditionError(text)
                            : absl::InvalidArgumentError(text);
}

absl::Status UnknownKey(const ConfigEntry& entry,
                        const std::vector<std::string>& keys) {
  return absl::FailedPreconditionError(
      fmt::format("{}: there is no key {}{}", entry.place, entry.key,
                  DidYouMean(entry.key, keys)));
}

}  // namespace thespian::gateway
