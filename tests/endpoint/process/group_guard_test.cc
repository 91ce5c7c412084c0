#include "endpoint/process/group_guard.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>

#include "endpoint/process/spawn.h"
#include "gmock/gmock.h"
#include "tests/support/no_trace_left.h"
#include "tests/support/patience.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

constexpr char kSelf[] = "/proc/self/exe";

class GroupGuardTest : public ::testing::Test {
 protected:
  GroupGuardTest() {
    absl::StatusOr<GroupGuard> guard = GroupGuard::Start(kSelf);
    EXPECT_THAT(guard, IsOk());
    if (guard.ok()) guard_.emplace(*std::move(guard));
  }

  // As at the end of the gateway; returns when the guard has done its work.
  void EndGateway() {
    const pid_t pid = guard_->pid();
    guard_.reset();
    siginfo_t info{};
    EXPECT_EQ(waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED), 0);
    EXPECT_EQ(info.si_code, CLD_EXITED);
    EXPECT_EQ(info.si_status, 0);
  }

  NoTraceLeft no_trace_left_;
  std::optional<GroupGuard> guard_;
};

// A process that ends with its stdin, or is killed.
class Cat {
 public:
  Cat() {
    absl::StatusOr<SpawnedProcess> process = Spawn(kSelf, {}, {"/bin/cat"});
    EXPECT_THAT(process, IsOk());
    if (process.ok()) process_ = *std::move(process);
  }

  pid_t pid() const { return process_.pid; }
  // The signal that killed it; 0: none did.
  int Wait() {
    process_.in.Reset();
    siginfo_t info{};
    waitid(P_PID, static_cast<id_t>(process_.pid), &info, WEXITED);
    return info.si_code == CLD_EXITED ? 0 : info.si_status;
  }

 private:
  SpawnedProcess process_;
};

TEST_F(GroupGuardTest, KillsTheGroupsThatAreLeft) {
  Cat first;
  Cat second;
  guard_->Add(first.pid());
  guard_->Add(second.pid());
  EndGateway();
  EXPECT_EQ(first.Wait(), SIGKILL);
  EXPECT_EQ(second.Wait(), SIGKILL);
}

TEST_F(GroupGuardTest, LeavesAloneWhatWasRemoved) {
  Cat kept;
  Cat killed;
  guard_->Add(kept.pid());
  guard_->Add(killed.pid());
  guard_->Remove(kept.pid());
  EndGateway();
  EXPECT_EQ(killed.Wait(), SIGKILL);
  EXPECT_EQ(kept.Wait(), 0);
}

TEST_F(GroupGuardTest, IsInASessionOfItsOwnAndTakesNoSignals) {
  EXPECT_EQ(getsid(guard_->pid()), guard_->pid());
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT}) {
    EXPECT_EQ(kill(guard_->pid(), signal), 0);
  }
  Cat cat;
  guard_->Add(cat.pid());
  EndGateway();
  EXPECT_EQ(cat.Wait(), SIGKILL);
}

}  // namespace
}  // namespace thespian::gateway
