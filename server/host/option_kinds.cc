#include "server/host/option_kinds.h"

#include <grp.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

// What CLI11 calls the values, which nobody sees: the labels take its place.
constexpr char kBytesType[] = "BYTES";
constexpr char kCountType[] = "NUMBER";

}  // namespace

std::string EnvironmentName(const std::string& option) {
  std::string name = "THESPIAN_GATEWAY_";
  for (const char c : option.substr(2)) {
    name += c == '-' ? '_' : absl::ascii_toupper(static_cast<unsigned char>(c));
  }
  return name;
}

std::string EnvironmentValue(const std::string& option) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody writes the environment.
  const char* value = std::getenv(EnvironmentName(option).c_str());
  return value == nullptr ? "" : value;
}

std::string KeyOf(const CLI::Option& option) {
  return option.get_lnames().empty() ? "" : option.get_lnames().front();
}

std::string NameOf(const CLI::Option& option) {
  const std::string key = KeyOf(option);
  return key.empty() ? key : "--" + key;
}

bool IsKey(const CLI::Option& option) {
  return option.get_configurable() && !option.get_lnames().empty();
}

std::vector<std::string> KeysOf(const CLI::App& app) {
  std::vector<std::string> keys;
  for (const CLI::Option* option : app.get_options()) {
    if (IsKey(*option)) keys.push_back(KeyOf(*option));
  }
  return keys;
}

ValueKind KindOf(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return ValueKind::kFlag;
  if (option.get_delimiter() != '\0') return ValueKind::kList;
  const std::string type = option.get_type_name();
  if (type.starts_with(kBytesType)) return ValueKind::kBytes;
  return type.starts_with(kCountType) ? ValueKind::kCount : ValueKind::kText;
}

CLI::Option* AddList(CLI::App& app, const std::string& name,
                     std::vector<std::string>& value,
                     const std::string& description) {
  // Or the option would take the "--" after it for the end of its values, and
  // the child's own options for ours.
  return AddOption(app, name, value, description)
      ->delimiter(',')
      ->take_all()
      ->allow_extra_args(false);
}

std::vector<std::string> WithoutNothing(std::vector<std::string> list) {
  if (list.size() == 1 && list.front().empty()) list.clear();
  return list;
}

void Label(CLI::Option* option, std::string_view kind) {
  const std::string value = option->get_default_str();
  option->option_text(value.empty() ? std::string(kind)
                                    : fmt::format("{} [{}]", kind, value));
}

CLI::Option* AddBytes(CLI::App& app, const std::string& name, uint64_t& value,
                      uint64_t least, uint64_t most,
                      const std::string& description) {
  CLI::Option* option = AddOption(app, name, value, description)
                            ->transform(CLI::AsSizeValue(false))
                            ->check(CLI::Range(least, most));
  option->type_name(kBytesType);
  Label(option, kBytesType);
  return option;
}

CLI::Option* AddCount(CLI::App& app, const std::string& name, uint64_t& value,
                      uint64_t least, uint64_t most,
                      const std::string& description) {
  CLI::Option* option =
      AddOption(app, name, value, description)->check(CLI::Range(least, most));
  option->type_name(kCountType);
  Label(option, kCountType);
  return option;
}

CLI::Option* AddWord(CLI::App& app, const std::string& name, std::string& value,
                     const std::vector<std::string>& words,
                     const std::string& description) {
  CLI::Option* option =
      AddOption(app, name, value, description)->check(CLI::IsMember(words));
  Label(option, absl::StrJoin(words, "|"));
  return option;
}

CLI::Option* AddDuration(CLI::App& app, const std::string& name,
                         std::string& value, const std::string& description) {
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
  CLI::Option* option = AddOption(app, name, value, description)->check(valid);
  Label(option, "DURATION");
  return option;
}

std::chrono::milliseconds ToMilliseconds(const std::string& duration) {
  absl::Duration parsed;
  absl::ParseDuration(duration, &parsed);
  return absl::ToChronoMilliseconds(parsed);
}

std::optional<mode_t> ParseMode(std::string_view text) {
  mode_t mode = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && mode <= 0777 ? std::optional(mode) : std::nullopt;
}

CLI::Option* AddMode(CLI::App& app, const std::string& name, std::string& value,
                     const std::string& description) {
  const CLI::Validator octal(
      [](std::string& text) -> std::string {
        return ParseMode(text).has_value()
                   ? std::string()
                   : fmt::format("'{}' is no mode of 0 to 0777, such as 0660",
                                 text);
      },
      "MODE");
  return AddOption(app, name, value, description)
      ->check(octal)
      ->option_text("MODE");
}

std::optional<gid_t> FindGroup(const std::string& text) {
  gid_t number = 0;
  if (absl::SimpleAtoi(text, &number)) return number;
  std::array<char, 16'384> buffer;
  group entry{};
  group* found = nullptr;
  getgrnam_r(text.c_str(), &entry, buffer.data(), buffer.size(), &found);
  return found != nullptr ? std::optional(found->gr_gid) : std::nullopt;
}

CLI::Option* AddFlag(CLI::App& app, const std::string& name, bool& value,
                     const std::string& description) {
  return app.add_flag(name, value, description);
}

}  // namespace thespian::gateway
