// Where the options come from besides the command line: the environment, which
// it wins over, and a file, which both win over.
//
// Ownership: borrows the App, and through it the values.
// Threads:   main's alone, while there is no other.
// Errors:    INVALID_ARGUMENT: the command line or a variable is wrong;
//   FAILED_PRECONDITION: the file is. The text begins with the option, the
//   variable, or the place in the file.
// Memory:    the place of each option that was given.
#ifndef SERVER_HOST_OPTION_SOURCES_H_
#define SERVER_HOST_OPTION_SOURCES_H_

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/host/config_file.h"

namespace thespian::gateway {

class OptionSources {
 public:
  // `app` has parsed the command line. `command` is what the child is started
  // with; the file may give it as the key "command".
  OptionSources(CLI::App& app, std::vector<std::string>& command)
      : app_(app), command_(command) {}

  // Reads the variables, then the file that the option --config names.
  absl::Status Take();

  // The error that the value of `option` ("--listen") is, by its source.
  absl::Status Wrong(const std::string& option, std::string_view what) const;

 private:
  struct Source {
    std::string name;  // "THESPIAN_GATEWAY_LISTEN", "FILE:LINE:COLUMN: listen"
    bool file = false;
  };

  absl::Status TakeEnvironment();
  absl::Status CheckVariableNames() const;
  absl::Status TakeFile(const std::string& path);
  absl::Status TakeEntry(const ConfigEntry& entry);
  absl::Status TakeCommand(const ConfigEntry& entry);
  // Gives an option its value, as the command line would.
  absl::Status Give(CLI::Option& option, const std::vector<std::string>& texts,
                    Source source);

  CLI::App& app_;
  std::vector<std::string>& command_;
  std::map<std::string, Source> sources_;  // by option: "--listen"
};

// Every option with its value, as a file that can be read back.
std::string PrintConfig(const CLI::App& app,
                        const std::vector<std::string>& command);

}  // namespace thespian::gateway

#endif  // SERVER_HOST_OPTION_SOURCES_H_
