// A gateway that has no descriptors left when its child ends.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include <chrono>
#include <vector>

#include "endpoint/process/unique_fd.h"
#include "gmock/gmock.h"
#include "tests/endpoint/endpoint_fixture.h"
#include "tests/support/ubsan.h"

namespace thespian::gateway {
namespace {

using std::chrono::milliseconds;

class EndpointShortageTest : public EndpointTest {
 protected:
  EndpointShortageTest() {
    getrlimit(RLIMIT_NOFILE, &before_);
    options_.restart = {.mode = RestartMode::kOnFailure,
                        .first_delay = milliseconds(1),
                        .longest_delay = milliseconds(4),
                        .max_starts = 3};
  }
  ~EndpointShortageTest() override { Allow(before_.rlim_cur); }

  void Allow(rlim_t descriptors) const {
    rlimit limit = before_;
    limit.rlim_cur = descriptors;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  }

  void KillChild() {
    ASSERT_EQ(kill(static_cast<pid_t>(endpoint_->Status().pid), SIGKILL), 0);
  }

 private:
  rlimit before_{};
};

#ifndef TG_HAS_UBSAN
TEST_F(EndpointShortageTest, AFloodOfConnectionsDoesNotPreventARestart) {
  Start({"mute"});
  AwaitEvent("state RUNNING");
  Allow(200);
  std::vector<UniqueFd> flood;
  for (int fd = 0; (fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) {
    flood.emplace_back(fd);
  }
  KillChild();
  AwaitEvent("state BACKOFF");
  // What the old child's pipes had is taken, too.
  for (int fd = 0; (fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) {
    flood.emplace_back(fd);
  }
  AwaitEvent("state RUNNING");
}
#endif

// The reserve is not enough if nothing at all can be opened.
#ifndef TG_HAS_UBSAN
TEST_F(EndpointShortageTest, IsWaitedForAndCountsForNothing) {
  Start({"mute"});
  AwaitEvent("state RUNNING");
  Allow(4);
  KillChild();
  for (int i = 0; i < 10; ++i) AwaitEvent("state BACKOFF");
  Allow(200);
  AwaitEvent("state RUNNING");
}
#endif

}  // namespace
}  // namespace thespian::gateway
