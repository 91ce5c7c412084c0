// `thespianctl check-child`: starts a child by itself and reports what it does
// right and wrong.
//
// Threads:   call it on a thread that outlives the children. Ignores SIGPIPE.
// Errors:    returned: the child can't be started (UNAVAILABLE, with the reason
//   CHILD_NOT_STARTED), or a check has failed.
#ifndef CLIENTS_CLI_CHECK_CHECK_CHILD_H_
#define CLIENTS_CLI_CHECK_CHECK_CHILD_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "clients/cli/check/checked_child.h"
#include "clients/cli/streams.h"
#include "endpoint/wire/dialects.h"

namespace thespian::gateway::cli {

// Without a dialect: both forms of ids are tried, and the child is checked in
// those that it speaks.
absl::Status CheckChild(const CheckedChildSetup& setup,
                        std::optional<Dialect> dialect, const Streams& streams);

// The checks, a line each, for --help.
std::string DescribeChecks();

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_CHECK_CHECK_CHILD_H_
