// Gives options the values that the environment or a file has for them, and
// remembers where each came from.
//
// Ownership: borrows the App, and through it the values.
// Threads:   thread-compatible.
// Errors:    INVALID_ARGUMENT: a variable is wrong; FAILED_PRECONDITION: the
//   file is. The text begins with the option, the variable, or the place in the
//   file.
// Memory:    the place of each option that was given.
#ifndef SERVER_HOST_OPTION_ENTRIES_H_
#define SERVER_HOST_OPTION_ENTRIES_H_

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/host/config_file.h"

namespace thespian::gateway {

inline constexpr char kCommandKey[] = "command";

class OptionEntries {
 public:
  struct Source {
    std::string name;  // "THESPIAN_GATEWAY_LISTEN", "FILE:LINE:COLUMN: listen"
    bool file = false;
  };
  // What "" and [] are: no value, so that the default is it, or the value.
  enum class Nothing { kDefault, kValue };

  // `command` is what the key "command" gives a value to.
  OptionEntries(CLI::App& app, std::vector<std::string>& command,
                Nothing nothing)
      : app_(app), command_(command), nothing_(nothing) {}

  // Whether there is such a key, and all there are.
  bool Has(const std::string& key) const;
  std::vector<std::string> Keys() const;

  // Of a key that there is. What has a value already keeps it.
  absl::Status Take(const ConfigEntry& entry);
  // As the command line would.
  absl::Status Give(CLI::Option& option, const std::vector<std::string>& texts,
                    Source source);

  // Whether Take or Give gave `option` ("--listen", "--command") a value.
  bool Gave(const std::string& option) const;
  // The error that the value of `option` is, by its source.
  absl::Status Wrong(const std::string& option, std::string_view what) const;

 private:
  absl::Status TakeCommand(const ConfigEntry& entry);

  CLI::App& app_;
  std::vector<std::string>& command_;
  const Nothing nothing_;
  std::map<std::string, Source> sources_;  // by option
};

// The error that a key is which there is not: "there is no key ...".
absl::Status UnknownKey(const ConfigEntry& entry,
                        const std::vector<std::string>& keys);

}  // namespace thespian::gateway

#endif  // SERVER_HOST_OPTION_ENTRIES_H_
