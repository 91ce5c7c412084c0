// Checks of what is not there, of ends, and of the child's own.
//
// Threads:   thread-compatible.
#ifndef CLIENTS_CLI_CHECK_LIFE_CHECKS_H_
#define CLIENTS_CLI_CHECK_LIFE_CHECKS_H_

#include "clients/cli/check/check_report.h"
#include "clients/cli/check/checked_child.h"

namespace thespian::gateway::cli {

struct Facts;

Finding CheckUnknownId(CheckedChild& child, Facts& facts);
Finding CheckUnknownName(CheckedChild& child, Facts& facts);
Finding CheckUnknownLink(CheckedChild& child, Facts& facts);
Finding CheckPeerExit(CheckedChild& child, Facts& facts);
Finding CheckNobody(CheckedChild& child, Facts& facts);
Finding CheckOwnExit(CheckedChild& child, Facts& facts);
Finding CheckEnd(CheckedChild& child, Facts& facts);

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_CHECK_LIFE_CHECKS_H_
