#include "clients/cli/stop_signals.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace thespian::gateway::cli {
namespace {

bool IsReadable(int fd) {
  pollfd one = {.fd = fd, .events = POLLIN, .revents = 0};
  return poll(&one, 1, /*timeout=*/0) == 1;
}

TEST(StopSignalsTest, ASignalIsSomethingToRead) {
  StopSignals signals;
  EXPECT_FALSE(IsReadable(signals.fd()));
  // To this thread alone.
  raise(SIGINT);
  EXPECT_TRUE(IsReadable(signals.fd()));
}

TEST(StopSignalsTest, ThatWasTakenDoesNotEndTheProcessLater) {
  {
    StopSignals signals;
    raise(SIGTERM);
  }
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  EXPECT_EQ(sigismember(&mask, SIGINT), 0);
  EXPECT_EQ(sigismember(&mask, SIGTERM), 0);
}

TEST(WakeupTest, IsReadableFromWakeToClear) {
  Wakeup wakeup;
  EXPECT_FALSE(IsReadable(wakeup.fd()));
  wakeup.Wake();
  wakeup.Wake();
  EXPECT_TRUE(IsReadable(wakeup.fd()));
  wakeup.Clear();
  EXPECT_FALSE(IsReadable(wakeup.fd()));
}

TEST(OnStopTest, CallsWhenTheDescriptorIsReadable) {
  Wakeup signal;
  absl::Notification stopped;
  OnStop on_stop(signal.fd(), [&stopped] { stopped.Notify(); });
  signal.Wake();
  stopped.WaitForNotification();
  EXPECT_TRUE(on_stop.stopped());
}

TEST(OnStopTest, DoesNotCallOtherwise) {
  Wakeup signal;
  bool called = false;
  {
    OnStop on_stop(signal.fd(), [&called] { called = true; });
  }
  {
    OnStop never(-1, [&called] { called = true; });
  }
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace thespian::gateway::cli
