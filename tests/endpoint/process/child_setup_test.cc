// What a child is given besides its program, as the child sees it.
#include "endpoint/process/child_setup.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "endpoint/process/exec_trampoline.h"
#include "endpoint/process/spawn.h"
#include "gmock/gmock.h"
#include "tests/support/no_trace_left.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string ReadAll(int fd) {
  std::string all;
  std::array<char, 4'096> block{};
  fd_set readable;
  for (;;) {
    FD_ZERO(&readable);
    FD_SET(fd, &readable);
    select(fd + 1, &readable, nullptr, nullptr, nullptr);
    const ssize_t got = read(fd, block.data(), block.size());
    if (got <= 0) return all;
    all.append(block.data(), static_cast<size_t>(got));
  }
}

class ChildSetupTest : public ::testing::Test {
 protected:
  // What `script` writes when it runs with setup_; why it can't run goes to
  // failure_.
  std::string Run(const std::string& script) {
    absl::StatusOr<SpawnedProcess> process =
        Spawn("/proc/self/exe", setup_, {"/bin/sh", "-c", script});
    EXPECT_THAT(process, IsOk());
    if (!process.ok()) return {};
    const std::string report = ReadAll(process->exec_report.get());
    std::string out = ReadAll(process->out.get());
    siginfo_t info{};
    waitid(P_PID, static_cast<id_t>(process->pid), &info, WEXITED);
    if (!report.empty()) failure_ = ReadExecReport(report, "/bin/sh");
    return out;
  }

  NoTraceLeft no_trace_left_;
  ChildSetup setup_;
  absl::Status failure_;
};

TEST_F(ChildSetupTest, WithoutOneItIsAsTheParent) {
  EXPECT_EQ(Run("pwd"), std::filesystem::current_path().string() + "\n");
  setenv("TG_TEST_VARIABLE", "seen", 1);
  EXPECT_EQ(Run("echo $TG_TEST_VARIABLE"), "seen\n");
}

TEST_F(ChildSetupTest, LimitsAreSet) {
  setup_.memory_bytes = 1u << 30;
  setup_.open_files = 77;
  setup_.cpu_seconds = 9;
  EXPECT_EQ(Run("ulimit -v; ulimit -n; ulimit -t"), "1048576\n77\n9\n");
}

TEST_F(ChildSetupTest, TheSoftLimitOfFilesCanBeTheOldOne) {
  setup_.soft_open_files = 77;
  rlimit own{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &own), 0);
  const std::string hard = own.rlim_max == RLIM_INFINITY
                               ? "unlimited"
                               : std::to_string(own.rlim_max);
  EXPECT_EQ(Run("ulimit -Sn; ulimit -Hn"), "77\n" + hard + "\n");
}

TEST_F(ChildSetupTest, ItGetsNoCoreDumpsAndNoNewPrivileges) {
  EXPECT_EQ(Run("ulimit -Sc; ulimit -Hc"), "0\n0\n");
  EXPECT_EQ(Run("grep NoNewPrivs /proc/self/status"), "NoNewPrivs:\t1\n");
}

TEST_F(ChildSetupTest, ItStartsInItsDirectory) {
  const TempDir directory;
  setup_.directory = std::filesystem::canonical(directory.File(".")).string();
  EXPECT_EQ(Run("pwd"), setup_.directory + "\n");
}

TEST_F(ChildSetupTest, ItGetsOnlyTheVariablesItMay) {
  setenv("TG_TEST_VARIABLE", "a=b", 1);
  setenv("TG_TEST_VARIABLE_2", "not passed", 1);
  setup_.environment = {"TG_TEST_VARIABLE", "TG_NOT_SET"};
  EXPECT_EQ(Run("/usr/bin/env | grep TG_"), "TG_TEST_VARIABLE=a=b\n");
  EXPECT_EQ(Run("/usr/bin/env | grep -c ^HOME="), "0\n");
}

TEST_F(ChildSetupTest, ADirectoryThatIsNotThereIsTold) {
  setup_.directory = "/no/such/directory";
  EXPECT_EQ(Run("pwd"), "");
  EXPECT_THAT(failure_, StatusIs(absl::StatusCode::kNotFound,
                                 AllOf(HasSubstr("enter the directory"),
                                       HasSubstr("/bin/sh"))));
}

TEST_F(ChildSetupTest, AUserThatIsNotThereIsTold) {
  setup_.user = "no-such-user";
  Run("id");
  EXPECT_THAT(failure_, StatusIs(absl::StatusCode::kNotFound,
                                 HasSubstr("change the user")));
}

// As whom it can run depends on who runs the tests.
TEST_F(ChildSetupTest, ItRunsAsItsUserOrSaysThatItMayNot) {
  setup_.user = "nobody";
  const std::string user = Run("id -un");
  if (geteuid() == 0) {
    EXPECT_EQ(user, "nobody\n") << failure_;
  } else {
    EXPECT_THAT(failure_, StatusIs(absl::StatusCode::kPermissionDenied));
  }
}

}  // namespace
}  // namespace thespian::gateway
