// The options of one endpoint: on the command line, in the environment and at
// the top of the file they are those of `default`, and what every table
// [endpoint.NAME] begins with; a table has its own of them.
//
// Ownership: the options write to the settings, which outlive the App.
// Threads:   stateless.
// Errors:    none; the options check their values.
#ifndef SERVER_HOST_ENDPOINT_SETTINGS_H_
#define SERVER_HOST_ENDPOINT_SETTINGS_H_

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "endpoint/directory/pool_options.h"

namespace thespian::gateway {

// What CLI11 fills before it is checked and taken over.
struct EndpointSettings {
  std::vector<std::string> command;
  std::vector<std::string> names;
  std::string dialect = "plain";
  std::string control = "allow";
  std::string payload_profile;  // gone
  std::string exit_linger = "60s";
  std::string stop_grace = "5s";
  uint64_t max_frame_bytes = 4u << 20;
  uint64_t queue_bytes = 8u << 20;
  bool strict_protocol = false;
  uint64_t max_proxies = 0;
  std::string proxy_idle_timeout = "0s";

  std::string restart = "on-failure";
  std::string restart_delay = "100ms";
  std::string restart_max_delay = "10s";
  std::string restart_reset = "10s";
  uint64_t restart_limit = RestartOptions().max_starts;
  std::string restart_period = "1m";
  std::string hang_timeout = "10s";
  bool hang_restart = false;

  std::string start = "at-once";
  std::string idle_stop = "0s";
  std::string drain = "30s";
  bool insecure_peers = false;

  uint64_t child_memory = 0;
  uint64_t child_open_files = 0;
  std::string child_cpu_time = "0s";
  std::string child_directory;
  std::string child_user;
  std::vector<std::string> child_environment;

  // Of a table alone; so are its routes.
  std::string connect;
  std::string accept;
  std::vector<std::string> accept_users;
  uint64_t accept_limit = PoolOptions().accept_limit;
  uint64_t replicas = 0;
  std::string balance = "least-queued";
  uint64_t min_ready = PoolOptions().min_ready;
  bool required = true;
  std::string ready_name;
};

inline constexpr char kRoutesKey[] = "routes";
inline constexpr char kOnDemand[] = "on-demand";

// Those that the command line has, too, and a table.
void AddEndpointOptions(CLI::App& app, EndpointSettings& settings);
// Those that only a table has.
void AddTableOptions(CLI::App& app, EndpointSettings& settings);
// The keys of those, "routes" too.
std::vector<std::string> TableKeys();

// Of settings whose values were checked, but for the routes.
PoolOptions ToPoolOptions(const EndpointSettings& settings,
                          const std::string& name);

}  // namespace thespian::gateway

#endif  // SERVER_HOST_ENDPOINT_SETTINGS_H_
