// What the command line, the environment and a file say, in that order of
// precedence.
//
// Threads:   thread-compatible. The environment is read, which nobody writes.
// Errors:    a ParsedOptions with an exit code and one clear line.
#ifndef SERVER_HOST_OPTIONS_H_
#define SERVER_HOST_OPTIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "endpoint/directory/pool_options.h"
#include "endpoint/gateway.h"
#include "server/host/access_options.h"
#include "server/host/gateway_server.h"
#include "server/host/scheduling.h"
#include "server/observe/logging.h"

namespace thespian::gateway {

// sysexits.h, but for kUnhealthy.
enum class ExitCode {
  kOk = 0,
  kUnhealthy = 1,
  kUsage = 64,
  kChildCantRun = 69,
  kBug = 70,
  kConfig = 78,
};

struct Options {
  // Ask a running gateway for its health instead of starting one.
  bool health_check = false;
  ServerOptions server;
  GatewayOptions gateway;
  // `default` first, if the command line has a command; then the tables of the
  // file, in its order. Empty: only if nothing is to be started.
  std::vector<PoolOptions> pools;
  LogOptions log;
  std::string port_file;       // empty: none
  std::string metrics_listen;  // empty: nowhere
  bool exit_with_child = false;
  Scheduling scheduling = Scheduling::kBatch;
  AccessSettings access;
  AccessTerms access_terms;  // what the files of `access` say
};

struct ParsedOptions {
  Options options;
  // Set: nothing is to be started. `text` goes to stdout if the code is kOk,
  // else to stderr.
  std::optional<ExitCode> exit;
  std::string text;
};

// Keeps no state: a gateway that runs calls it again, with what it was started
// with, to read its file anew. Everything is checked before anything is
// returned, so that an error changes nothing.
ParsedOptions ParseOptions(int argc, const char* const* argv);

}  // namespace thespian::gateway

#endif  // SERVER_HOST_OPTIONS_H_
