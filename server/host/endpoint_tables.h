// The endpoints of a configuration: the one of the command line, and the tables
// of the file.
//
// Ownership: values.
// Threads:   stateless.
// Errors:    FAILED_PRECONDITION: "FILE:LINE:COLUMN: what is wrong".
// Memory:    while the tables are read, an App of CLI11 for each.
#ifndef SERVER_HOST_ENDPOINT_TABLES_H_
#define SERVER_HOST_ENDPOINT_TABLES_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "endpoint/directory/pool_options.h"
#include "server/host/config_file.h"
#include "server/host/endpoint_settings.h"

namespace thespian::gateway {

// Of the command line's endpoint.
inline constexpr char kDefaultEndpoint[] = "default";
inline constexpr size_t kMostEndpoints = 1'000;

struct Endpoints {
  // `default` first, then as in the file.
  std::vector<PoolOptions> pools;
  std::string printed;  // the tables, as a file can have them
};

// `outside` is what the options of an endpoint are outside of the tables; if it
// has a command, there is `default`. `globals`: the keys that only the top of
// the file has.
absl::StatusOr<Endpoints> ReadEndpoints(
    const EndpointSettings& outside, const std::vector<ConfigTable>& tables,
    const std::vector<std::string>& globals);

}  // namespace thespian::gateway

#endif  // SERVER_HOST_ENDPOINT_TABLES_H_
