// How thespianctl reaches a gateway.
//
// Threads:   stateless.
// Errors:    none.
#ifndef CLIENTS_CLI_CONNECT_OPTIONS_H_
#define CLIENTS_CLI_CONNECT_OPTIONS_H_

#include "clients/cli/options.h"
#include "clients/cpp/client.h"

namespace thespian::gateway::cli {

inline client::ConnectOptions ConnectOptionsOf(const Options& options) {
  return {.address = options.address,
          .deadline = options.timeout,
          .tls = options.tls,
          .headers = options.headers};
}

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_CONNECT_OPTIONS_H_
