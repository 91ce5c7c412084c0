#include "server/host/orphans.h"

#include <sys/prctl.h>
#include <sys/wait.h>

#ifndef __WNOTHREAD
#define __WNOTHREAD 0x20000000  // as in linux/wait.h
#endif

namespace thespian::gateway {

void AdoptOrphans() { prctl(PR_SET_CHILD_SUBREAPER, 1); }

size_t ReapOrphans() {
  constexpr size_t kMost = 1'000;
  size_t reaped = 0;
  for (; reaped < kMost; ++reaped) {
    siginfo_t info{};
    // Only those of this thread.
    const int failed = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | __WNOTHREAD);
    if (failed != 0 || info.si_pid == 0) break;
  }
  return reaped;
}

}  // namespace thespian::gateway
