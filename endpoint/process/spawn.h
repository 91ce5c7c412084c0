// Starts a program with pipes on its stdin, stdout and stderr.
//
// Ownership: the caller owns the descriptors and must reap the process.
// Threads:   the child is killed by the system when the calling thread ends,
//   so that thread must outlive it.
// Errors:    what the system refuses, with its words. A program that can't be
//   executed is not an error here: `exec_report` tells it.
#ifndef ENDPOINT_PROCESS_SPAWN_H_
#define ENDPOINT_PROCESS_SPAWN_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "endpoint/process/child_setup.h"
#include "endpoint/process/unique_fd.h"

namespace thespian::gateway {

struct SpawnedProcess {
  pid_t pid = 0;  // also the id of its process group
  UniqueFd pidfd;
  UniqueFd in;  // our ends, close-on-exec and non-blocking
  UniqueFd out;
  UniqueFd err;
  UniqueFd exec_report;  // ends without a byte when the program runs; else see
                         // ReadExecReport
};

// `trampoline` is a program that calls RunTrampolineIfAsked; the child gets no
// descriptor above 2, default signals and a process group of its own.
absl::StatusOr<SpawnedProcess> Spawn(const std::string& trampoline,
                                     const ChildSetup& setup,
                                     const std::vector<std::string>& command);

}  // namespace thespian::gateway

#endif  // ENDPOINT_PROCESS_SPAWN_H_
