// What the command line, the environment and a file say, in that order of
// precedence.
//
// Threads:   main's alone.
// Errors:    a ParsedOptions with an exit code and one clear line.
#ifndef SERVER_HOST_OPTIONS_H_
#define SERVER_HOST_OPTIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "endpoint/endpoint.h"
#include "endpoint/gateway.h"
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
  EndpointOptions endpoint;
  LogOptions log;
  std::string port_file;       // empty: none
  std::string metrics_listen;  // empty: nowhere
  bool exit_with_child = false;
  Scheduling scheduling = Scheduling::kBatch;
};

struct ParsedOptions {
  Options options;
  // Set: nothing is to be started. `text` goes to stdout if the code is kOk,
  // else to stderr.
  std::optional<ExitCode> exit;
  std::string text;
};

ParsedOptions ParseOptions(int argc, char** argv);

}  // namespace thespian::gateway

#endif  // SERVER_HOST_OPTIONS_H_
