// One child while the system refuses what its start, its pipes and its end ask
// for: see tests/support/fault_injection. Nothing is left behind.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/process/group_guard.h"
#include "endpoint/process/spawn.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "tests/support/child_on_loop.h"
#include "tests/support/fault_injection/fault_rules.h"
#include "tests/support/no_trace_left.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using ::testing::HasSubstr;

class FaultTest : public ::testing::Test {
 protected:
  ~FaultTest() override { SetFaults(""); }

  absl::Status StartWith(const std::string& rules) {
    run_ = std::make_unique<ChildOnLoop>(std::vector<std::string>{"/bin/cat"});
    SetFaults(rules.c_str());
    absl::Status status = run_->Start();
    EXPECT_GT(FaultsInjected(), 0);
    return status;
  }

  NoTraceLeft no_trace_left_;
  std::unique_ptr<ChildOnLoop> run_;
};

TEST_F(FaultTest, WhatTheLoopCantWatchIsAShortage) {
  for (int descriptor = 1; descriptor <= 5; ++descriptor) {
    for (const char* error : {"ENOMEM", "ENOSPC"}) {
      const absl::Status status =
          StartWith(fmt::format("epoll_ctl:{}:{}", descriptor, error));
      EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted,
                                   HasSubstr("can't watch a descriptor")));
      EXPECT_TRUE(IsShortage(status));
    }
  }
}

TEST_F(FaultTest, AChildWithoutAPidfdIsReapedThoughThatIsInterrupted) {
  const absl::Status status =
      StartWith("pidfd_open:1:EMFILE,waitpid:1-3:EINTR");
  EXPECT_TRUE(IsShortage(status)) << status;
  EXPECT_EQ(FaultsInjected(), 4);
}

// Descriptors as low as those of the child have to be moved first.
TEST_F(FaultTest, ADescriptorThatCantBeMovedIsAShortage) {
  const int kept = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
  close(STDIN_FILENO);
  const absl::Status status = StartWith("F_DUPFD_CLOEXEC:1:EMFILE");
  dup2(kept, STDIN_FILENO);
  close(kept);
  EXPECT_TRUE(IsShortage(status)) << status;
  EXPECT_THAT(status.message(), HasSubstr("can't move a descriptor"));
}

TEST_F(FaultTest, AChildIsReapedThoughThatIsInterrupted) {
  run_ = std::make_unique<ChildOnLoop>(
      std::vector<std::string>{TG_SCRIPTED_CHILD, "exit:3"});
  SetFaults("waitid:2-4:EINTR");
  ASSERT_THAT(run_->Start(), IsOk());
  run_->RunToEnd();
  EXPECT_EQ(run_->end(), "end exit code 3");
  EXPECT_EQ(FaultsInjected(), 3);
}

TEST_F(FaultTest, AWriteWithoutMemoryIsDoneLater) {
  run_ = std::make_unique<ChildOnLoop>(std::vector<std::string>{"/bin/cat"});
  int refused = 0;
  const auto write = [&] {
    const absl::StatusOr<size_t> wrote = run_->Write("abc");
    ASSERT_THAT(wrote, IsOk());
    if (*wrote == 3) return run_->stdio().Close();
    ++refused;
    run_->stdio().AwaitRoom();
  };
  run_->on_running = write;
  run_->on_writable = write;
  SetFaults("writev:1-2:ENOMEM");
  ASSERT_THAT(run_->Start(), IsOk());
  run_->RunToEnd();
  EXPECT_EQ(refused, 2);
  EXPECT_EQ(run_->output(), "abc");
}

TEST_F(FaultTest, AReadWithoutMemoryIsDoneLater) {
  run_ = std::make_unique<ChildOnLoop>(
      std::vector<std::string>{"/usr/bin/head", "-c", "1000000", "/dev/zero"});
  SetFaults("read:/3:ENOMEM");
  ASSERT_THAT(run_->Start(), IsOk());
  run_->RunToEnd();
  EXPECT_GT(FaultsInjected(), 0);
  EXPECT_EQ(run_->output().size(), 1'000'000u);
}

TEST_F(FaultTest, AGuardIsToldThoughThatIsInterrupted) {
  run_ = std::make_unique<ChildOnLoop>(
      std::vector<std::string>{TG_SCRIPTED_CHILD, "deaf"});
  ASSERT_THAT(run_->Start(), IsOk());
  pid_t guard_pid = 0;
  {
    const auto guard = GroupGuard::Start("/proc/self/exe");
    ASSERT_THAT(guard, IsOk());
    guard_pid = guard->pid();
    SetFaults("write:1-2:EINTR");
    guard->Add(run_->child().pid());
    EXPECT_EQ(FaultsInjected(), 2);
  }
  run_->RunToEnd();  // the guard has killed it
  EXPECT_EQ(run_->end(), "end signal 9 (Killed)");
  EXPECT_EQ(waitpid(guard_pid, nullptr, 0), guard_pid);
}

TEST_F(FaultTest, AGuardWhosePipeWouldBlockIsNone) {
  SetFaults("F_SETFL:1:EAGAIN");
  const auto guard = GroupGuard::Start("/proc/self/exe");
  EXPECT_THAT(guard.status(), StatusIs(absl::StatusCode::kUnavailable,
                                       HasSubstr("group guard's pipe")));
}

}  // namespace
}  // namespace thespian::gateway
