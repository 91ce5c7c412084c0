// Looks, at its end, for what a test has left behind: a child or a zombie, or
// an open descriptor. The first member of a fixture, so that it ends last.
//
// Threads:   thread-compatible; the process must be quiet at both ends.
// Errors:    fails the test.
#ifndef TESTS_SUPPORT_NO_TRACE_LEFT_H_
#define TESTS_SUPPORT_NO_TRACE_LEFT_H_

#include <sys/wait.h>

#include <cerrno>
#include <vector>

#include "gmock/gmock.h"
#include "tests/support/own_process.h"

namespace thespian::gateway {

class NoTraceLeft {
 public:
  NoTraceLeft() = default;
  NoTraceLeft(const NoTraceLeft&) = delete;
  NoTraceLeft& operator=(const NoTraceLeft&) = delete;

  ~NoTraceLeft() {
    siginfo_t info{};
    EXPECT_EQ(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT), -1)
        << "process " << info.si_pid << " is left (0: it runs)";
    EXPECT_EQ(errno, ECHILD);
    EXPECT_EQ(OwnDescriptors(), descriptors_);
  }

 private:
  const std::vector<int> descriptors_ = OwnDescriptors();
};

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_NO_TRACE_LEFT_H_
