// Ends the process groups of children when the gateway is killed. The system
// ends the children themselves (see exec_trampoline.h), but not what they have
// started.
//
// It is a process that the gateway spawns from its own program. The gateway
// tells it through a pipe of every group that begins and ends; the end of the
// pipe is the gateway's end, however that came: the groups that are left are
// killed.
//
// Ownership: owns the pipe. Outlives the children that it guards.
// Threads:   Start and RunGroupGuardIfAsked: main's, before there are others.
//   The rest is safe from any thread.
// Errors:    Start returns what the system refuses. If the guard is killed, the
//   groups are not guarded any more.
// Memory:    in the guard, 4 bytes for each group.
#ifndef ENDPOINT_PROCESS_GROUP_GUARD_H_
#define ENDPOINT_PROCESS_GROUP_GUARD_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "endpoint/process/unique_fd.h"

namespace thespian::gateway {

class GroupGuard {
 public:
  // `program` calls RunGroupGuardIfAsked.
  static absl::StatusOr<GroupGuard> Start(const std::string& program);

  // A group has begun. It is to be removed before its leader is reaped: then
  // its number may become another's.
  void Add(pid_t group) const { Tell(group); }
  void Remove(pid_t group) const { Tell(-group); }

  pid_t pid() const { return pid_; }

 private:
  GroupGuard(pid_t pid, UniqueFd pipe) : pid_(pid), pipe_(std::move(pipe)) {}

  void Tell(pid_t word) const;

  pid_t pid_;
  UniqueFd pipe_;
};

// The exit code of a guard that has done its work; nothing if this is an
// ordinary start.
std::optional<int> RunGroupGuardIfAsked(int argc, char** argv);

}  // namespace thespian::gateway

#endif  // ENDPOINT_PROCESS_GROUP_GUARD_H_
