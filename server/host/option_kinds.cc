#include "server/host/option_kinds.h"

#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "fmt/format.h"

namespace thespian::gateway {

std::string EnvironmentName(const std::string& option) {
  std::string name = "THESPIAN_GATEWAY_";
  for (const char c : option.substr(2)) {
    name += c == '-' ? '_' : absl::ascii_toupper(static_cast<unsigned char>(c));
  }
  return name;
}

std::string EnvironmentValue(const std::string& option) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread yet.
  const char* value = std::getenv(EnvironmentName(option).c_str());
  return value == nullptr ? "" : value;
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
  Label(option, "BYTES");
  return option;
}

CLI::Option* AddCount(CLI::App& app, const std::string& name, uint64_t& value,
                      uint64_t least, uint64_t most,
                      const std::string& description) {
  CLI::Option* option =
      AddOption(app, name, value, description)->check(CLI::Range(least, most));
  Label(option, "NUMBER");
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

CLI::Option* AddFlag(CLI::App& app, const std::string& name, bool& value,
                     const std::string& description) {
  return app.add_flag(name, value, description)->envname(EnvironmentName(name));
}

}  // namespace thespian::gateway
