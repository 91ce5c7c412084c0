// How a child is brought to its end, rung by rung, and what it leaves behind.
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "endpoint/process/child_process.h"
#include "endpoint/process/unique_fd.h"
#include "gmock/gmock.h"
#include "tests/support/child_on_loop.h"
#include "tests/support/no_trace_left.h"
#include "tests/support/patience.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::ValuesIn;
using Rung = StopRung;

std::vector<std::string> Scripted(std::vector<std::string> verbs) {
  verbs.insert(verbs.begin(), TG_SCRIPTED_CHILD);
  return verbs;
}

class StopLadderTest : public ::testing::Test {
 protected:
  // Starts a child and calls `ready` when it writes a line to its stderr.
  void Run(std::vector<std::string> command,
           std::function<void(ChildOnLoop&)> ready,
           std::chrono::milliseconds grace = std::chrono::milliseconds(20)) {
    run_ = std::make_unique<ChildOnLoop>(std::move(command), grace);
    run_->on_line = [this, ready = std::move(ready)](std::string_view) {
      ready(*run_);
    };
    ASSERT_THAT(run_->Start(), IsOk());
    run_->RunToEnd();
  }

  NoTraceLeft no_trace_left_;
  std::unique_ptr<ChildOnLoop> run_;
};

// --- Each rung -------------------------------------------------------------

struct Case {
  std::string_view name;
  std::vector<std::string> verbs;
  Rung first;
  std::string end;
  std::chrono::milliseconds grace{20};
};

std::vector<Case> Cases() {
  const std::string ready = "stderr:ready";
  return {
      {"WaitForOneThatEndsWithItsStdin",
       {ready},
       Rung::kWait,
       "exit code 0",
       kPatience},
      {"TerminateOneThatStaysOn",
       {ready, "mute"},
       Rung::kWait,
       "signal 15 (Terminated)"},
      {"TerminateOneThatNeverReads",
       {ready, "deaf"},
       Rung::kWait,
       "signal 15 (Terminated)"},
      {"KillOneThatIgnoresIt",
       {"ignore-sigterm", ready, "deaf"},
       Rung::kWait,
       "signal 9 (Killed)"},
      {"TerminateAtOnce",
       {ready, "deaf"},
       Rung::kTerminate,
       "signal 15 (Terminated)"},
      {"KillAfterTerminate",
       {"ignore-sigterm", ready, "deaf"},
       Rung::kTerminate,
       "signal 9 (Killed)"},
      {"KillAtOnce", {ready, "deaf"}, Rung::kKill, "signal 9 (Killed)"},
  };
}

class RungTest : public StopLadderTest,
                 public ::testing::WithParamInterface<Case> {};

TEST_P(RungTest, EndsTheChildAsItShould) {
  Run(
      Scripted(GetParam().verbs),
      [](ChildOnLoop& run) {
        run.stdio().Close();
        run.child().Stop(GetParam().first);
      },
      GetParam().grace);
  EXPECT_EQ(run_->end(), "end " + GetParam().end);
}

INSTANTIATE_TEST_SUITE_P(Rungs, RungTest, ValuesIn(Cases()), [](const auto& c) {
  return std::string(c.param.name);
});

// --- Children that resist --------------------------------------------------

// Stops the child with SIGSTOP, and waits until it is.
void Suspend(const ChildProcess& child) {
  ASSERT_EQ(kill(child.pid(), SIGSTOP), 0);
  siginfo_t info{};
  ASSERT_EQ(
      waitid(P_PID, static_cast<id_t>(child.pid()), &info, WSTOPPED | WNOWAIT),
      0);
}

TEST_F(StopLadderTest, ASuspendedChildIsTerminated) {
  Run(Scripted({"stderr:ready", "deaf"}), [](ChildOnLoop& run) {
    Suspend(run.child());
    run.child().Stop(Rung::kTerminate);
  });
  EXPECT_EQ(run_->end(), "end signal 15 (Terminated)");
}

TEST_F(StopLadderTest, ASuspendedChildThatIgnoresItIsKilled) {
  Run(Scripted({"ignore-sigterm", "stderr:ready", "deaf"}),
      [](ChildOnLoop& run) {
        Suspend(run.child());
        run.child().Stop(Rung::kWait);
      });
  EXPECT_EQ(run_->end(), "end signal 9 (Killed)");
}

// It leads its session, whose members the system holds together.
TEST_F(StopLadderTest, AChildThatWantsToLeaveItsGroupIsKilledAllTheSame) {
  constexpr char kLeave[] =
      "import os, signal, sys\n"
      "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
      "for leave in (os.setsid,\n"
      "              lambda: os.setpgid(0, os.getpgid(os.getppid()))):\n"
      "  try: leave()\n"
      "  except PermissionError: pass\n"
      "print('ready', file=sys.stderr, flush=True)\n"
      "while True: signal.pause()\n";
  Run({"/usr/bin/python3", "-c", kLeave}, [](ChildOnLoop& run) {
    EXPECT_EQ(getpgid(run.child().pid()), run.child().pid());
    run.child().Stop(Rung::kTerminate);
  });
  EXPECT_EQ(run_->end(), "end signal 9 (Killed)");
}

// --- Calls that come twice -------------------------------------------------

TEST_F(StopLadderTest, ASecondStopDoesNotStartTheRungAnew) {
  Run(
      Scripted({"stderr:ready", "deaf"}),
      [](ChildOnLoop& run) {
        run.child().Stop(Rung::kTerminate);
        run.child().Stop(Rung::kTerminate);
        run.child().Stop(Rung::kWait);
      },
      std::chrono::hours(1));
  EXPECT_EQ(run_->end(), "end signal 15 (Terminated)");
}

TEST_F(StopLadderTest, AHurriedStopNeedNotWaitForTheSlowOne) {
  Run(
      Scripted({"ignore-sigterm", "stderr:ready", "deaf"}),
      [](ChildOnLoop& run) {
        run.child().Stop(Rung::kWait);
        run.child().Stop(Rung::kKill);
      },
      std::chrono::hours(1));
  EXPECT_EQ(run_->end(), "end signal 9 (Killed)");
}

TEST_F(StopLadderTest, StopAfterTheEndIsNothing) {
  Run(Scripted({"stderr:ready", "exit:3"}), [](ChildOnLoop&) {});
  run_->child().Stop(Rung::kTerminate);
  run_->child().Stop(Rung::kKill);
  EXPECT_EQ(run_->end(), "end exit code 3");
}

// --- What a child leaves behind --------------------------------------------

// A process that is no child of ours, by the line that it wrote; killed at the
// end.
class Stranger {
 public:
  explicit Stranger(std::string_view line) {
    EXPECT_TRUE(line.starts_with("grandchild ")) << line;
    const int pid = std::stoi(std::string(line.substr(line.find(' '))));
    pidfd_ = UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    EXPECT_GE(pidfd_.get(), 0);
  }
  ~Stranger() {
    syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
  }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;

  // Whether it ends within that time.
  bool Ends(std::chrono::milliseconds time) const {
    pollfd wanted = {.fd = pidfd_.get(), .events = POLLIN};
    return poll(&wanted, 1, static_cast<int>(time.count())) == 1;
  }

 private:
  UniqueFd pidfd_;
};

TEST_F(StopLadderTest, AGrandchildInItsGroupIsKilledWithIt) {
  std::unique_ptr<Stranger> grandchild;
  run_ = std::make_unique<ChildOnLoop>(Scripted({"grandchild"}));
  run_->on_line = [&](std::string_view line) {
    grandchild = std::make_unique<Stranger>(line);
    run_->stdio().Close();
  };
  ASSERT_THAT(run_->Start(), IsOk());
  run_->RunToEnd();
  EXPECT_THAT(run_->events(),
              ElementsAre("running", "output end", "end exit code 0"));
  ASSERT_NE(grandchild, nullptr);
  EXPECT_TRUE(grandchild->Ends(kPatience));
}

TEST_F(StopLadderTest, AGrandchildThatHoldsThePipesDoesNotDelayTheEnd) {
  std::unique_ptr<Stranger> grandchild;
  std::chrono::steady_clock::time_point closed;
  run_ = std::make_unique<ChildOnLoop>(std::vector<std::string>{
      "/bin/sh", "-c",
      "setsid sh -c 'echo grandchild $$ >&2; exec tail -f /dev/null' & "
      "read end; printf panic >&2"});
  run_->on_line = [&](std::string_view line) {
    if (line == "panic") return;
    grandchild = std::make_unique<Stranger>(line);
    closed = std::chrono::steady_clock::now();
    run_->stdio().Close();
  };
  ASSERT_THAT(run_->Start(), IsOk());
  run_->RunToEnd();
  EXPECT_LT(std::chrono::steady_clock::now() - closed, std::chrono::seconds(5));
  EXPECT_THAT(run_->events(),
              ElementsAre("running", "output end", "end exit code 0"));
  ASSERT_NE(grandchild, nullptr);
  EXPECT_FALSE(grandchild->Ends(std::chrono::milliseconds(0)));
  EXPECT_EQ(run_->child().LastErrorLines().back(), "panic");
}

}  // namespace
}  // namespace thespian::gateway
