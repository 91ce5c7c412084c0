// Starts a program with pipes on its stdin, stdout and stderr.
//
// Ownership: the caller owns the descriptors and must reap the process. A
//   reserve owns the pipes that it keeps.
// Threads:   the child is killed by the system when the calling thread ends,
//   so that thread must outlive it.
// Errors:    what the system refuses, with its words; IsShortage tells what the
//   calling process lacks. A program that can't be executed is not an error
//   here: `exec_report` tells it.
#ifndef ENDPOINT_PROCESS_SPAWN_H_
#define ENDPOINT_PROCESS_SPAWN_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "endpoint/process/child_setup.h"
#include "endpoint/process/unique_fd.h"

namespace thespian::gateway {

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

// What a process is given; ours are non-blocking, all are close-on-exec.
struct SpawnPipes {
  Pipe in;
  Pipe out;
  Pipe err;
  Pipe exec_report;
};

// Pipes that were made ahead, so that a spawn does not depend on what is left
// when it comes: a flood of connections takes every descriptor.
class PipeReserve {
 public:
  // Has pipes from now on, if the system gives any.
  void Fill();
  // Those it has, or new ones.
  absl::StatusOr<SpawnPipes> Take();

 private:
  std::optional<SpawnPipes> pipes_;
};

struct SpawnedProcess {
  pid_t pid = 0;  // also the id of its process group and session
  UniqueFd pidfd;
  UniqueFd in;  // our ends, close-on-exec and non-blocking
  UniqueFd out;
  UniqueFd err;
  UniqueFd exec_report;  // ends without a byte when the program runs; else see
                         // ReadExecReport
};

// Ends a process that was spawned and has not been reaped, with its group.
void KillAndReap(pid_t pid);

// Whether a spawn failed for want of descriptors, memory or processes: it may
// succeed later.
bool IsShortage(const absl::Status& failure);

// `trampoline` is a program that calls RunTrampolineIfAsked; the child gets no
// descriptor above 2, default signals and a session of its own.
absl::StatusOr<SpawnedProcess> Spawn(const std::string& trampoline,
                                     const ChildSetup& setup,
                                     const std::vector<std::string>& command,
                                     PipeReserve& reserve);
absl::StatusOr<SpawnedProcess> Spawn(const std::string& trampoline,
                                     const ChildSetup& setup,
                                     const std::vector<std::string>& command);

}  // namespace thespian::gateway

#endif  // ENDPOINT_PROCESS_SPAWN_H_
