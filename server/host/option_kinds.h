// The kinds of options there are: each is read from the command line, the
// environment or a file (option_sources.h), checked, and described in the help
// with its default.
//
// Ownership: the options write to the values that they were given, which
//   outlive the App.
// Threads:   thread-compatible; nobody writes the environment.
// Errors:    CLI11's, from the App's parse.
#ifndef SERVER_HOST_OPTION_KINDS_H_
#define SERVER_HOST_OPTION_KINDS_H_

#include <sys/types.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace thespian::gateway {

// "--stop-grace" as "THESPIAN_GATEWAY_STOP_GRACE".
std::string EnvironmentName(const std::string& option);
// What the environment says of an option; empty if nothing.
std::string EnvironmentValue(const std::string& option);

// "--stop-grace" and "stop-grace"; empty if it has no such name.
std::string NameOf(const CLI::Option& option);
std::string KeyOf(const CLI::Option& option);
// Whether a file can have it, and the keys of all that it can have.
bool IsKey(const CLI::Option& option);
std::vector<std::string> KeysOf(const CLI::App& app);

template <typename T>
CLI::Option* AddOption(CLI::App& app, const std::string& name, T& value,
                       const std::string& description) {
  return app.add_option(name, value, description)->capture_default_str();
}

enum class ValueKind { kFlag, kCount, kBytes, kText, kList };

// Of an option that was added by one of these functions.
ValueKind KindOf(const CLI::Option& option);

// A list: values with commas between them, or the option several times.
CLI::Option* AddList(CLI::App& app, const std::string& name,
                     std::vector<std::string>& value,
                     const std::string& description);

// CLI11 has no empty list: one that is given as such has an empty text.
std::vector<std::string> WithoutNothing(std::vector<std::string> list);

// What the help says of the value: its kind and its default.
void Label(CLI::Option* option, std::string_view kind);

// A number of bytes, with or without a unit.
CLI::Option* AddBytes(CLI::App& app, const std::string& name, uint64_t& value,
                      uint64_t least, uint64_t most,
                      const std::string& description);

CLI::Option* AddCount(CLI::App& app, const std::string& name, uint64_t& value,
                      uint64_t least, uint64_t most,
                      const std::string& description);

CLI::Option* AddWord(CLI::App& app, const std::string& name, std::string& value,
                     const std::vector<std::string>& words,
                     const std::string& description);

// Text such as 500ms or 1m30s, 0s to 1h.
CLI::Option* AddDuration(CLI::App& app, const std::string& name,
                         std::string& value, const std::string& description);
std::chrono::milliseconds ToMilliseconds(const std::string& duration);

// Octal digits, such as 0660.
CLI::Option* AddMode(CLI::App& app, const std::string& name, std::string& value,
                     const std::string& description);
std::optional<mode_t> ParseMode(std::string_view text);

// Of a group by its name or its number.
std::optional<gid_t> FindGroup(const std::string& text);

CLI::Option* AddFlag(CLI::App& app, const std::string& name, bool& value,
                     const std::string& description);

}  // namespace thespian::gateway

#endif  // SERVER_HOST_OPTION_KINDS_H_
