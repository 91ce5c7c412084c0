// Where the options come from besides the command line: the environment, which
// it wins over, and a file, which both win over.
//
// Ownership: borrows the App, and through it the values.
// Threads:   thread-compatible; nobody writes the environment.
// Errors:    INVALID_ARGUMENT: the command line or a variable is wrong;
//   FAILED_PRECONDITION: the file is. The text begins with the option, the
//   variable, or the place in the file.
// Memory:    the place of each option that was given, and the file's tables.
#ifndef SERVER_HOST_OPTION_SOURCES_H_
#define SERVER_HOST_OPTION_SOURCES_H_

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/host/config_file.h"
#include "server/host/option_entries.h"

namespace thespian::gateway {

class OptionSources {
 public:
  // `app` has parsed the command line. `command` is what the child is started
  // with; the file may give it as the key "command".
  OptionSources(CLI::App& app, std::vector<std::string>& command)
      : app_(app), entries_(app, command, OptionEntries::Nothing::kDefault) {}

  // Reads the variables, then the file that the option --config names.
  absl::Status Take();

  // The tables of the file, which are still to be read: of endpoints, and of
  // listeners.
  const std::vector<ConfigTable>& tables() const { return tables_; }
  const std::vector<ConfigTable>& listeners() const { return listeners_; }

  // What was given, and where.
  const OptionEntries& entries() const { return entries_; }

  // The error that the value of `option` ("--listen") is, by its source.
  absl::Status Wrong(const std::string& option, std::string_view what) const {
    return entries_.Wrong(option, what);
  }

 private:
  absl::Status TakeEnvironment();
  absl::Status CheckVariableNames() const;
  absl::Status TakeFile(const std::string& path);
  absl::Status TakeEntry(const ConfigEntry& entry);

  CLI::App& app_;
  OptionEntries entries_;
  std::vector<ConfigTable> tables_;
  std::vector<ConfigTable> listeners_;
};

}  // namespace thespian::gateway

#endif  // SERVER_HOST_OPTION_SOURCES_H_
