// One table [endpoint.NAME] of the file: its options, and whether they are
// right as far as the table alone can say.
//
// Ownership: borrows the table of the file while it is read.
// Threads:   thread-compatible.
// Errors:    FAILED_PRECONDITION: "FILE:LINE:COLUMN: what is wrong".
// Memory:    an App of CLI11 and the values.
#ifndef SERVER_HOST_ENDPOINT_TABLE_H_
#define SERVER_HOST_ENDPOINT_TABLE_H_

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/host/config_file.h"
#include "server/host/endpoint_settings.h"
#include "server/host/option_entries.h"

namespace thespian::gateway {

// Of the settings of one endpoint, whether a table or the command line has
// them: what no option can check for itself.
absl::Status CheckSettings(const EndpointSettings& settings,
                           const OptionEntries& entries);

class EndpointTable {
 public:
  struct Route {
    std::string pattern;  // a name, or "PREFIX*"
    std::string target;   // a pool
    std::string place;
  };

  // `outside` is what the options are that the table does not have.
  EndpointTable(const ConfigTable& table, const EndpointSettings& outside);
  EndpointTable(const EndpointTable&) = delete;
  EndpointTable& operator=(const EndpointTable&) = delete;

  // Call once. `globals` are the keys that only the top of the file has.
  absl::Status Read(const std::vector<std::string>& globals);

  const std::string& name() const { return table_.name; }
  const std::string& place() const { return table_.place; }
  const EndpointSettings& settings() const { return settings_; }
  const std::vector<Route>& routes() const { return routes_; }
  // The error that the value of a key is.
  absl::Status Wrong(std::string_view key, std::string_view what) const;

  PoolOptions ToPool() const;
  // As the file can have it: the keys that it has.
  std::string Print() const;

 private:
  absl::Status CheckName() const;
  absl::Status TakeEntry(const ConfigEntry& entry,
                         const std::vector<std::string>& globals);
  absl::Status TakeRoutes(const ConfigEntry& entry);
  absl::Status TakeRoute(const ConfigEntry& item);
  absl::Status Check() const;
  absl::Status CheckPeer() const;
  absl::Status CheckAddress(std::string_view key, const std::string& text,
                            bool any_port) const;
  absl::Status CheckAccept() const;
  absl::Status CheckChild() const;
  absl::Status CheckPool() const;
  absl::Status CheckLife() const;
  bool Has(std::string_view key) const;

  const ConfigTable& table_;
  EndpointSettings settings_;
  CLI::App app_;
  OptionEntries entries_;
  std::vector<Route> routes_;
};

}  // namespace thespian::gateway

#endif  // SERVER_HOST_ENDPOINT_TABLE_H_
