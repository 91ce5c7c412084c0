// What a child inherits, and what is told of it. How it is brought to its end
// is in stop_ladder_test.cc, how it is fed in child_stdio_test.cc.
#include "endpoint/process/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "endpoint/error.h"
#include "endpoint/process/unique_fd.h"
#include "gmock/gmock.h"
#include "tests/support/child_on_loop.h"
#include "tests/support/no_trace_left.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::TestWithParam;
using ::testing::ValuesIn;
using Rung = StopRung;

std::vector<std::string> Scripted(std::vector<std::string> verbs) {
  verbs.insert(verbs.begin(), TG_SCRIPTED_CHILD);
  return verbs;
}

class ChildProcessTest : public ::testing::Test {
 protected:
  // Runs a child that ends by itself, or when its stdin does.
  void RunScript(std::vector<std::string> verbs) {
    Run(Scripted(std::move(verbs)));
  }
  void Run(std::vector<std::string> command) {
    run_ = std::make_unique<ChildOnLoop>(std::move(command));
    run_->on_running = [this] { run_->stdio().Close(); };
    ASSERT_THAT(run_->Start(), IsOk());
    run_->RunToEnd();
  }

  NoTraceLeft no_trace_left_;
  std::unique_ptr<ChildOnLoop> run_;
};

// --- Starting --------------------------------------------------------------

TEST_F(ChildProcessTest, EventsComeInTheirOrder) {
  Run({"/bin/sh", "-c", "echo out; echo err >&2"});
  EXPECT_THAT(run_->events(),
              ElementsAre("running", "output end", "end exit code 0"));
  EXPECT_EQ(run_->output(), "out\n");
  EXPECT_THAT(run_->lines(), ElementsAre("err"));
}

TEST_F(ChildProcessTest, TheProgramIsLookedForInThePath) {
  Run({"true"});
  EXPECT_EQ(run_->end(), "end exit code 0");
}

TEST_F(ChildProcessTest, ArgumentsArriveAsTheyAre) {
  Run({"/usr/bin/printf", "%s|", "a b", "", "$HOME", "*"});
  EXPECT_EQ(run_->output(), "a b||$HOME|*|");
}

struct BadProgram {
  std::string_view name;
  std::string program;
  absl::StatusCode code;
  std::string_view message;
};

// An executable file with this content, which stays until the tests end.
std::string TextProgram(const std::string& content) {
  static const TempDir directory;
  static int count = 0;
  const std::string path = directory.File(std::to_string(++count));
  std::ofstream(path) << content;
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

class BadProgramTest : public TestWithParam<BadProgram> {
 private:
  NoTraceLeft no_trace_left_;
};

TEST_P(BadProgramTest, IsToldWithItsNameAndTheReason) {
  const BadProgram& bad = GetParam();
  ChildOnLoop run({bad.program, "argument"});
  ASSERT_THAT(run.Start(), IsOk());
  run.RunToEnd();
  EXPECT_THAT(run.exec_failure(),
              StatusIs(bad.code, AllOf(HasSubstr("'" + bad.program + "'"),
                                       HasSubstr(std::string(bad.message)))));
  EXPECT_THAT(run.events(),
              ElementsAre("exec failed", "output end", "end exit code 127"));
}

INSTANTIATE_TEST_SUITE_P(
    Programs, BadProgramTest,
    ValuesIn(std::vector<BadProgram>{
        {"NotThere", "/no/such/program", absl::StatusCode::kNotFound,
         "No such file"},
        {"NotInThePath", "no-such-program-anywhere",
         absl::StatusCode::kNotFound, "No such file"},
        {"NotExecutable", "/etc/passwd", absl::StatusCode::kPermissionDenied,
         "Permission denied"},
        {"ATextWithoutAnInterpreter", TextProgram("echo ran\n"),
         absl::StatusCode::kUnknown, "Exec format error"},
        {"OfAnotherArchitecture",
         TextProgram(std::string("\x7f"
                                 "ELF\x01\x02\x01\0\0\0\0\0\0\0\0\0"
                                 "\0\x02\0\x08\0\0\0\x01",
                                 24)),
         absl::StatusCode::kUnknown, "Exec format error"},
        {"ADirectory", "/etc", absl::StatusCode::kPermissionDenied,
         "Permission denied"},
    }),
    [](const auto& bad) { return std::string(bad.param.name); });

// --- What it inherits ------------------------------------------------------

TEST_F(ChildProcessTest, InheritsNoDescriptorAboveTwo) {
  std::vector<UniqueFd> open;
  for (const int at_least : {3, 50, 500}) {
    open.emplace_back(fcntl(STDERR_FILENO, F_DUPFD, at_least));
    ASSERT_GE(open.back().get(), at_least);
  }
  RunScript({"fds"});
  EXPECT_THAT(run_->lines(), ElementsAre("fds: 0 1 2"));
}

TEST_F(ChildProcessTest, ItsDescriptorsBlock) {
  Run({"/bin/sh", "-c", "grep -h flags /proc/$$/fdinfo/[012]"});
  const std::string& flags = run_->output();
  ASSERT_EQ(std::count(flags.begin(), flags.end(), '\n'), 3) << flags;
  for (size_t at = 0; (at = flags.find('0', at)) != flags.npos;) {
    const size_t end = flags.find('\n', at);
    const long bits =
        std::strtol(flags.substr(at, end - at).c_str(), nullptr, 8);
    EXPECT_EQ(bits & O_NONBLOCK, 0) << flags;
    at = end;
  }
}

// Blocks every signal and ignores one more, while it lives.
class HostileSignals {
 public:
  HostileSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &mask_);
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGUSR1, &ignore, &usr1_);
  }
  ~HostileSignals() {
    sigaction(SIGUSR1, &usr1_, nullptr);
    pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
  }
  HostileSignals(const HostileSignals&) = delete;
  HostileSignals& operator=(const HostileSignals&) = delete;

 private:
  sigset_t mask_;
  struct sigaction usr1_ {};
};

TEST_F(ChildProcessTest, InheritsNeitherSignalMaskNorIgnoredSignals) {
  const HostileSignals hostile;
  struct sigaction pipe {};
  sigaction(SIGPIPE, nullptr, &pipe);
  EXPECT_EQ(pipe.sa_handler, SIG_IGN) << "this program ignores it";
  RunScript({"signals"});
  ASSERT_THAT(run_->lines(), SizeIs(1));
  uint64_t blocked = 1;
  uint64_t ignored = 1;
  ASSERT_EQ(std::sscanf(run_->lines().front().c_str(),
                        "signals: blocked %" SCNx64 " ignored %" SCNx64,
                        &blocked, &ignored),
            2);
  EXPECT_EQ(blocked, 0u);
  // 32 and 33 are the C library's own: nobody can set them.
  constexpr uint64_t kLibrarys = uint64_t{3} << 31;
  EXPECT_EQ(ignored & ~kLibrarys, 0u);
}

TEST_F(ChildProcessTest, LeadsAProcessGroupOfItsOwn) {
  run_ = std::make_unique<ChildOnLoop>(Scripted({}));
  pid_t group = 0;
  run_->on_running = [this, &group] {
    group = getpgid(run_->child().pid());
    run_->stdio().Close();
  };
  ASSERT_THAT(run_->Start(), IsOk());
  run_->RunToEnd();
  EXPECT_EQ(group, run_->child().pid());
  EXPECT_NE(group, getpgrp());
}

TEST_F(ChildProcessTest, LeadsASessionOfItsOwn) {
  run_ = std::make_unique<ChildOnLoop>(Scripted({}));
  pid_t session = 0;
  run_->on_running = [this, &session] {
    session = getsid(run_->child().pid());
    run_->stdio().Close();
  };
  ASSERT_THAT(run_->Start(), IsOk());
  run_->RunToEnd();
  EXPECT_EQ(session, run_->child().pid());
}

// --- How it ended ----------------------------------------------------------

struct End {
  std::string_view name;
  std::string verb;
  std::string text;
};

class EndTest : public ChildProcessTest,
                public ::testing::WithParamInterface<End> {};

TEST_P(EndTest, IsTold) {
  RunScript({GetParam().verb});
  EXPECT_THAT(run_->end(), StartsWith(GetParam().text));
}

INSTANTIATE_TEST_SUITE_P(
    Ends, EndTest,
    ValuesIn(std::vector<End>{
        {"Success", "exit:0", "end exit code 0"},
        {"Failure", "exit:3", "end exit code 3"},
        {"LargestCode", "exit:255", "end exit code 255"},
        {"Killed", "signal:9", "end signal 9 (Killed)"},
        {"Terminated", "signal:15", "end signal 15 (Terminated)"},
        {"Aborted", "signal:6", "end signal 6 (Aborted"},
    }),
    [](const auto& end) { return std::string(end.param.name); });

// As an exec passes it on.
class IgnoredSigchld {
 public:
  IgnoredSigchld() {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGCHLD, &ignore, &before_);
  }
  ~IgnoredSigchld() { sigaction(SIGCHLD, &before_, nullptr); }
  IgnoredSigchld(const IgnoredSigchld&) = delete;
  IgnoredSigchld& operator=(const IgnoredSigchld&) = delete;

 private:
  struct sigaction before_ {};
};

TEST_F(ChildProcessTest, AnEndThatSomeoneElseReapedIsOfUnknownStatus) {
  const IgnoredSigchld ignored;
  RunScript({"exit:3"});
  EXPECT_EQ(run_->end(), "end status unknown");
}

// --- Output ----------------------------------------------------------------

TEST_F(ChildProcessTest, AllItWroteIsReadBeforeItsEnd) {
  constexpr size_t kBytes = 5'000'000;
  Run({"/usr/bin/head", "-c", std::to_string(kBytes), "/dev/zero"});
  EXPECT_EQ(run_->output().size(), kBytes);
  EXPECT_THAT(run_->events(),
              ElementsAre("running", "output end", "end exit code 0"));
}

TEST_F(ChildProcessTest, MayCloseItsOutputAndLiveOn) {
  RunScript({"close-stdout", "stderr:still here"});
  EXPECT_THAT(run_->lines(), ElementsAre("still here"));
  EXPECT_THAT(run_->events(),
              ElementsAre("running", "output end", "end exit code 0"));
}

TEST_F(ChildProcessTest, AFloodOfErrorLinesIsHeldBackAndCounted) {
  constexpr uint64_t kLines = 5'000;
  RunScript({"stderr-flood:" + std::to_string(kLines)});
  EXPECT_GT(run_->suppressed(), 0u);
  EXPECT_EQ(run_->lines().size() + run_->suppressed(), kLines);
  const std::vector<std::string> last = run_->child().LastErrorLines();
  ASSERT_THAT(last, SizeIs(20));
  EXPECT_EQ(last.front(), "flood 4981");
  EXPECT_EQ(last.back(), "flood 5000");
}

TEST_F(ChildProcessTest, WhatIsHeldBackIsToldAtMostOnceASecond) {
  constexpr uint64_t kLines = 300'000;  // some hundred reads
  const auto start = std::chrono::steady_clock::now();
  RunScript({"stderr-flood:" + std::to_string(kLines)});
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(
      std::chrono::steady_clock::now() - start);
  EXPECT_GE(run_->suppressed_notices(), 1);
  EXPECT_LE(run_->suppressed_notices(), seconds.count() + 1);
  EXPECT_EQ(run_->lines().size() + run_->suppressed(), kLines);
}

TEST_F(ChildProcessTest, WhatIsHeldBackIsToldWhileTheChildLives) {
  constexpr uint64_t kLines = 5'000;
  run_ = std::make_unique<ChildOnLoop>(
      Scripted({"stderr-flood:" + std::to_string(kLines)}));
  run_->on_suppressed = [this] { run_->stdio().Close(); };
  ASSERT_THAT(run_->Start(), IsOk());
  run_->RunToEnd();
  EXPECT_EQ(run_->lines().size() + run_->suppressed(), kLines);
}

TEST_F(ChildProcessTest, AnUnfinishedErrorLineIsALine) {
  Run({"/bin/sh", "-c", "printf 'no end' >&2"});
  EXPECT_THAT(run_->lines(), ElementsAre("no end"));
}

}  // namespace
}  // namespace thespian::gateway
