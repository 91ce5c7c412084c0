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
inline constexpr int kExitUnavailable = 69;   // no gateway, or no child
inline constexpr int kExitTryAgain = 75;      // the same may work later
inline constexpr int kExitNoPermission = 77;  // not allowed, or not known

// A payload that was found to be bad before it was sent.
absl::Status BadPayload(const absl::Status& status);

int ExitCodeOf(const absl::Status& status);

// One or two lines, without a newline at the end. `address` is where the
// gateway was looked for.
std::string Explain(const absl::Status& status, std::string_view address);

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_EXIT_CODE_H_
