#include "endpoint/process/spawn.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "endpoint/process/exec_trampoline.h"
#include "gmock/gmock.h"
#include "tests/support/no_trace_left.h"
#include "tests/support/piped_child.h"
#include "tests/support/status_matchers.h"
#include "tests/support/ubsan.h"

namespace thespian::gateway {
namespace {

using ::testing::HasSubstr;

constexpr char kSelf[] = "/proc/self/exe";

class SpawnTest : public ::testing::Test {
 private:
  NoTraceLeft no_trace_left_;
};

TEST_F(SpawnTest, ATrampolineThatIsNotThereIsAnError) {
  EXPECT_THAT(Spawn("/no/such/trampoline", {}, {"/bin/true"}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("spawn")));
}

TEST_F(SpawnTest, OurEndsAreClosedOnExecAndDoNotBlock) {
  absl::StatusOr<SpawnedProcess> process = Spawn(kSelf, {}, {"/bin/cat"});
  ASSERT_THAT(process, IsOk());
  for (const UniqueFd* fd : {&process->pidfd, &process->in, &process->out,
                             &process->err, &process->exec_report}) {
    EXPECT_NE(fcntl(fd->get(), F_GETFD) & FD_CLOEXEC, 0);
  }
  for (const UniqueFd* fd :
       {&process->in, &process->out, &process->err, &process->exec_report}) {
    EXPECT_NE(fcntl(fd->get(), F_GETFL) & O_NONBLOCK, 0);
  }
  process->in.Reset();
  siginfo_t info{};
  EXPECT_EQ(waitid(P_PID, static_cast<id_t>(process->pid), &info, WEXITED), 0);
  EXPECT_EQ(info.si_status, 0);
}

void CheckThatItTalks() {
  absl::StatusOr<SpawnedProcess> process =
      Spawn(kSelf, {}, {"/bin/sh", "-c", "echo out; echo err >&2; cat"});
  ASSERT_THAT(process, IsOk());
  process->in.Reset();
  siginfo_t info{};
  EXPECT_EQ(waitid(P_PID, static_cast<id_t>(process->pid), &info, WEXITED), 0);
  EXPECT_EQ(info.si_status, 0);
  std::array<char, 16> text{};
  EXPECT_EQ(read(process->out.get(), text.data(), text.size()), 4);
  EXPECT_EQ(read(process->err.get(), text.data(), text.size()), 4);
}

// Then our ends could be those that the child's are put on.
TEST_F(SpawnTest, WorksWhenLowDescriptorsAreFree) {
  const UniqueFd saved(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10));
  close(STDIN_FILENO);
  CheckThatItTalks();
  dup2(saved.get(), STDIN_FILENO);
}

// --- Shortages ---------------------------------------------------------------

// Takes every descriptor while it lives, of a limit that is not far away.
class NoDescriptors {
 public:
  NoDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit low = before_;
    low.rlim_cur = 100;
    setrlimit(RLIMIT_NOFILE, &low);
    for (int fd; (fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) {
      taken_.emplace_back(fd);
    }
  }
  ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
  std::vector<UniqueFd> taken_;
};

#ifndef TG_HAS_UBSAN
TEST_F(SpawnTest, WithoutDescriptorsItIsAShortage) {
  const NoDescriptors none;
  const auto process = Spawn(kSelf, {}, {"/bin/true"});
  EXPECT_THAT(process.status(), StatusIs(absl::StatusCode::kResourceExhausted,
                                         HasSubstr("Too many open files")));
  EXPECT_TRUE(IsShortage(process.status()));
}
#endif

TEST_F(SpawnTest, WhatTheSystemMayGiveLaterIsAShortage) {
  for (const int error : {EMFILE, ENFILE, ENOMEM, EAGAIN}) {
    EXPECT_TRUE(IsShortage(absl::ErrnoToStatus(error, ""))) << error;
  }
  for (const int error : {ENOENT, EACCES, ENOEXEC, EINVAL, E2BIG}) {
    EXPECT_FALSE(IsShortage(absl::ErrnoToStatus(error, ""))) << error;
  }
}

TEST_F(SpawnTest, AMissingTrampolineIsNoShortage) {
  EXPECT_FALSE(IsShortage(Spawn("/no/such/trampoline", {}, {"x"}).status()));
}

TEST_F(SpawnTest, AReserveSpawnsWithoutOtherDescriptors) {
  PipeReserve reserve;
  reserve.Fill();
  const NoDescriptors none;
  const auto process = Spawn(kSelf, {}, {"/bin/true"}, reserve);
  ASSERT_THAT(process, IsOk());
  siginfo_t info{};
  EXPECT_EQ(waitid(P_PID, static_cast<id_t>(process->pid), &info, WEXITED), 0);
  EXPECT_EQ(info.si_status, 0);
}

// --- The trampoline --------------------------------------------------------

std::optional<int> Trampoline(std::vector<std::string> arguments) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  const int argc = static_cast<int>(argv.size());
  argv.push_back(nullptr);
  return RunTrampolineIfAsked(argc, argv.data());
}

TEST_F(SpawnTest, AnOrdinaryStartIsNoTrampoline) {
  const std::vector<std::string> asked =
      TrampolineArguments(1, {}, {"/bin/true"});
  EXPECT_EQ(Trampoline({}), std::nullopt);
  EXPECT_EQ(Trampoline({"gateway"}), std::nullopt);
  EXPECT_EQ(Trampoline({"gateway", "--listen", "[::]:1", "--", "child"}),
            std::nullopt);
  EXPECT_EQ(Trampoline({asked[0], asked[1]}), std::nullopt);
  EXPECT_EQ(Trampoline({asked[0], asked[1], asked[2]}), std::nullopt);
}

absl::StatusOr<int> ExitStatusOf(int parent) {
  std::vector<std::string> command =
      TrampolineArguments(parent, {}, {"/bin/true"});
  command.front() = kSelf;
  auto child = PipedChild::Start(command);
  if (!child.ok()) return child.status();
  return (*child)->Wait();
}

TEST_F(SpawnTest, TheTrampolineBecomesTheCommand) {
  const absl::StatusOr<int> status = ExitStatusOf(getpid());
  ASSERT_THAT(status, IsOk());
  EXPECT_TRUE(WIFEXITED(*status));
  EXPECT_EQ(WEXITSTATUS(*status), 0);
}

TEST_F(SpawnTest, TheTrampolineOfAnotherParentRunsNothing) {
  const absl::StatusOr<int> status = ExitStatusOf(getpid() + 1);
  ASSERT_THAT(status, IsOk());
  EXPECT_TRUE(WIFEXITED(*status));
  EXPECT_EQ(WEXITSTATUS(*status), 127);
}

}  // namespace
}  // namespace thespian::gateway
