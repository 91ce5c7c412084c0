// What /proc tells of a process from outside.
//
// Threads:   safe from any thread.
// Errors:    a process that is gone has zeros.
#ifndef TESTS_SUPPORT_PROCESS_VIEW_H_
#define TESTS_SUPPORT_PROCESS_VIEW_H_

#include <sys/types.h>

#include <cstddef>

namespace thespian::gateway {

struct ProcessView {
  size_t rss_kib = 0;
  size_t descriptors = 0;
  size_t threads = 0;
  size_t children = 0;     // zombies too
  double cpu_seconds = 0;  // user and system, of all threads
};

ProcessView ViewProcess(pid_t pid);

// 0 if there is no such process.
pid_t ParentOf(pid_t pid);

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_PROCESS_VIEW_H_
