#include "server/host/scheduling.h"

#include <sched.h>

#include <cerrno>

namespace thespian::gateway {

absl::Status Use(Scheduling scheduling) {
  if (scheduling == Scheduling::kInherit ||
      sched_getscheduler(0) != SCHED_OTHER) {
    return absl::OkStatus();
  }
  const sched_param no_priority{};
  if (sched_setscheduler(0, SCHED_BATCH, &no_priority) == 0) {
    return absl::OkStatus();
  }
  return absl::ErrnoToStatus(errno, "SCHED_BATCH can't be used");
}

}  // namespace thespian::gateway
