// How the system shares out the cores among the gateway's threads, its child's
// and others.
//
// Threads:   the main thread's, before there are others: they inherit it, and
//   the child does.
// Errors:    what sched(7) gives.
#ifndef SERVER_HOST_SCHEDULING_H_
#define SERVER_HOST_SCHEDULING_H_

#include "absl/status/status.h"

namespace thespian::gateway {

enum class Scheduling {
  // A thread that wakes does not interrupt one that runs (SCHED_BATCH): more
  // is there when it comes to run. Unless something else than the system's
  // default was given to the process.
  kBatch,
  // As it was given to the process.
  kInherit,
};

absl::Status Use(Scheduling scheduling);

}  // namespace thespian::gateway

#endif  // SERVER_HOST_SCHEDULING_H_
