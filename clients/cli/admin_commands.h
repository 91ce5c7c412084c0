// The commands for operators: start, stop, restart, reload, scale, replace and
// flight.
//
// Threads:   main's.
// Errors:    the gateway's.
#ifndef CLIENTS_CLI_ADMIN_COMMANDS_H_
#define CLIENTS_CLI_ADMIN_COMMANDS_H_

#include "absl/status/status.h"
#include "clients/cli/commands.h"
#include "clients/cli/options.h"

namespace thespian::gateway::cli {

absl::Status RunAdminCommand(const Options& options, const Streams& streams);

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_ADMIN_COMMANDS_H_
