// Looks at what a start would need, without starting anything: addresses,
// directories, the user, the program.
//
// Threads:   main's, while there is no other; a host's name may be looked up.
// Errors:    what a start would fail with, each as a finding.
// Memory:    the findings.
#ifndef SERVER_HOST_START_CHECK_H_
#define SERVER_HOST_START_CHECK_H_

#include <string>
#include <vector>

#include "server/host/options.h"

namespace thespian::gateway {

struct Finding {
  ExitCode exit = ExitCode::kConfig;  // that a start would have
  std::string text;
};

// Empty if all is well. Whether an address is in use is not looked at: a
// gateway that runs may be the one whose options are checked.
std::vector<Finding> CheckStart(const Options& options);

}  // namespace thespian::gateway

#endif  // SERVER_HOST_START_CHECK_H_
