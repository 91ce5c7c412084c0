// The tables [[listener]] of the file: listeners, each with terms of its own.
//
//   [[listener]]
//   address = ["0.0.0.0:443"]
//   tls-cert = "/etc/gateway/tls.crt"
//   tls-key = "/etc/gateway/tls.key"
//   services = ["gateway", "health"]
//
// Ownership: values.
// Threads:   thread-compatible.
// Errors:    FAILED_PRECONDITION: "FILE:LINE:COLUMN: what is wrong".
// Memory:    the listeners.
#ifndef SERVER_HOST_LISTENER_TABLES_H_
#define SERVER_HOST_LISTENER_TABLES_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/host/config_file.h"
#include "server/host/listener_terms.h"

namespace thespian::gateway {

// Each has some threads of gRPC's.
inline constexpr size_t kMostListeners = 64;

struct ListenerTables {
  std::vector<ListenerTerms> terms;  // in the order of the file
  std::string printed;               // as a file can have them
};

// `insecure`: all of them may listen beyond the loopback without TLS.
absl::StatusOr<ListenerTables> ReadListeners(
    const std::vector<ConfigTable>& tables, bool insecure);

}  // namespace thespian::gateway

#endif  // SERVER_HOST_LISTENER_TABLES_H_
