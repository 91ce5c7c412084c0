// How a failure is told: in words that say what to do, and by an exit code of
// sysexits.h.
//
// Threads:   stateless; safe from any thread.
#ifndef CLIENTS_CLI_EXIT_CODE_H_
#define CLIENTS_CLI_EXIT_CODE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace thespian::gateway::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitOther = 1;
inline constexpr int kExitUsage = 64;         // the command line
inline constexpr int kExitData = 65;          // the payload
inline constexpr int kExitNoAddressee = 67;   // no such actor, name or child
inline constexpr int kExitUnavailable = 69;   // no gateway, or no child
inline constexpr int kExitBug = 70;           // of the gateway, or ours
inline constexpr int kExitIo = 74;            // the output
inline constexpr int kExitTryAgain = 75;      // the same may work later
inline constexpr int kExitProtocol = 76;      // it is no gateway
inline constexpr int kExitNoPermission = 77;  // not allowed, or not known

// A payload that was found to be bad before it was sent.
absl::Status BadPayload(const absl::Status& status);

int ExitCodeOf(const absl::Status& status);

// What was tried.
struct Attempt {
  std::string_view address;      // where the gateway was looked for
  std::string_view called_name;  // of the actor; empty: not a call to a name
  bool tls = false;              // or was it tried without
};

// One or two lines, without a newline at the end.
std::string Explain(const absl::Status& status, const Attempt& attempt);

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_EXIT_CODE_H_
