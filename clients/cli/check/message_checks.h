// Checks of messages: who answers whom, in which pieces they come.
//
// Threads:   thread-compatible.
#ifndef CLIENTS_CLI_CHECK_MESSAGE_CHECKS_H_
#define CLIENTS_CLI_CHECK_MESSAGE_CHECKS_H_

#include "clients/cli/check/check_report.h"
#include "clients/cli/check/checked_child.h"

namespace thespian::gateway::cli {

struct Facts;

Finding CheckAnswers(CheckedChild& child, Facts& facts);
Finding CheckById(CheckedChild& child, Facts& facts);
Finding CheckLargeIds(CheckedChild& child, Facts& facts);
Finding CheckJoined(CheckedChild& child, Facts& facts);
Finding CheckOrder(CheckedChild& child, Facts& facts);
Finding CheckSplit(CheckedChild& child, Facts& facts);
Finding CheckLimits(CheckedChild& child, Facts& facts);

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_CHECK_MESSAGE_CHECKS_H_
