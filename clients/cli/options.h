// The command line of thespianctl.
//
// Threads:   stateless; the environment and a file of contexts are read.
// Errors:    told by ParsedLine, with the exit code and what to print.
#ifndef CLIENTS_CLI_OPTIONS_H_
#define CLIENTS_CLI_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "clients/cpp/connection.h"
#include "endpoint/wire/dialects.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway::cli {

enum class Command {
  kSend,
  kSendNamed,
  kCall,
  kAttach,
  kListen,
  kLink,
  kWatch,
  kProxies,
  kRelease,
  kActors,
  kEndpoint,
  kEndpoints,
  kStart,
  kStop,
  kRestart,
  kReload,
  kScale,
  kReplace,
  kFlight,
  kCheckChild,
};

struct Options {
  std::string address = "127.0.0.1:50051";
  std::string endpoint;
  absl::Duration timeout = absl::Seconds(30);
  std::optional<client::TlsOptions> tls;
  std::vector<client::Header> headers;
  Command command = Command::kEndpoints;

  uint64_t to_id = 0;        // kSend, kLink, kRelease, kCall; 0: to_name
  uint64_t incarnation = 0;  // kSend, kLink, kRelease
  std::string to_name;       // kSendNamed, kCall, kCheckChild
  std::string payload;       // kSend, kSendNamed, kCall; as it was typed
  bool hex = false;          // kCall

  std::string actor_name;                // kAttach, kListen
  std::optional<absl::Duration> linger;  // kAttach

  std::optional<uint64_t> count;  // kAttach, kListen, kWatch; not 0

  std::vector<v1::ProxyEventKind> kinds;  // kWatch
  uint64_t after_sequence = 0;            // kWatch
  uint64_t epoch = 0;                     // kWatch
  bool skip_snapshot = false;             // kWatch
  bool payloads = false;                  // kWatch

  std::vector<std::string> child;  // kCheckChild: the program first
  std::optional<Dialect> dialect;  // kCheckChild; none: those that it speaks

  uint32_t replicas = 0;  // kScale

  // kWatch, kProxies, kActors, kEndpoint, kEndpoints, and what AdminService
  // does.
  bool json = false;
};

struct ParsedLine {
  std::optional<Options> options;  // none: print the text and leave
  int exit_code = 0;
  std::string text;
};

ParsedLine ParseLine(int argc, const char* const* argv);

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_OPTIONS_H_
