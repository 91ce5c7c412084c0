// What thespianctl does, once its command line is understood.
//
// Threads:   call it on the only thread that there is: it sets signal masks.
// Errors:    returned; nothing of them has been printed but by `attach`, which
//   tells what was wrong with a line when it comes upon it.
#ifndef CLIENTS_CLI_COMMANDS_H_
#define CLIENTS_CLI_COMMANDS_H_

#include "absl/status/status.h"
#include "clients/cli/options.h"
#include "clients/cli/streams.h"

namespace thespian::gateway::cli {

absl::Status RunCommand(const Options& options, const Streams& streams);

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_COMMANDS_H_
