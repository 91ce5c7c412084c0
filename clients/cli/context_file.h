// The contexts of thespianctl: gateways, by name, with what it takes to reach
// them.
//
//   default = "prod"              # the context where --context names none
//
//   [context.prod]
//   address = "gateway.example:50051"
//   ca = "ca.crt"                 # from the folder of the file
//   cert = "me.crt"
//   key = "me.key"
//   headers = ["x-team: ops"]
//
// Ownership: values.
// Threads:   stateless; the environment is read, which nobody writes.
// Errors:    FAILED_PRECONDITION with the file, and the line if it is one of
//   the text.
// Memory:    the file, while it is read.
#ifndef CLIENTS_CLI_CONTEXT_FILE_H_
#define CLIENTS_CLI_CONTEXT_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace thespian::gateway::cli {

// Empty: the file does not say.
struct Context {
  std::string address;
  std::string endpoint;
  bool tls = false;
  std::string ca;
  std::string cert;
  std::string key;
  std::vector<std::string> headers;
};

// thespianctl/config.toml in $XDG_CONFIG_HOME, or else in ~/.config. Empty if
// the environment has neither.
std::string ContextPath();

// The context of that name, or if that is empty, the default of the file.
// Without a name there need be neither such a line nor a file.
absl::StatusOr<Context> ReadContext(const std::string& path,
                                    const std::string& name);

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_CONTEXT_FILE_H_
