// Judges how the child has written in all checks before. They send nothing.
//
// Threads:   thread-compatible.
#ifndef CLIENTS_CLI_CHECK_STDOUT_CHECKS_H_
#define CLIENTS_CLI_CHECK_STDOUT_CHECKS_H_

#include "clients/cli/check/check_report.h"
#include "clients/cli/check/checked_child.h"

namespace thespian::gateway::cli {

struct Facts;

Finding CheckFraming(CheckedChild& child, Facts& facts);
Finding CheckIds(CheckedChild& child, Facts& facts);
Finding CheckStdout(CheckedChild& child, Facts& facts);
Finding CheckQuiet(CheckedChild& child, Facts& facts);

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_CHECK_STDOUT_CHECKS_H_
