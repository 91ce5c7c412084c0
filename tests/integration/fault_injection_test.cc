// The gateway while the system refuses what it asks for: each system call of a
// spawn and of the pipes, with each error that it may have, at each place.
//
// A row injects its fault into a gateway with the demo child (see
// tests/support/fault_injection), and looks that it was. Whatever the row, a
// client's messages come back whole and in order, the child is served again
// after a kill, the endpoint never fails, the books balance, no pipe, pidfd or
// zombie is left over, and the gateway ends in order.
#include <dirent.h>
#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_split.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "tests/integration/gateway_process.h"
#include "tests/integration/gateway_runs.h"
#include "tests/support/accounting.h"
#include "tests/support/echo_load.h"
#include "tests/support/patience.h"
#include "tests/support/temp_dir.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway {
namespace {

using std::chrono::steady_clock;
using ::testing::AnyOf;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Not;

enum class Effect {
  kUnseen,     // nobody notices
  kDelayed,    // a start is tried again, and counts for nothing
  kRestarted,  // the child is ended, and started again
};

struct Fault {
  std::string_view call;
  std::vector<std::string_view> which;
  std::vector<std::string_view> errors;
  Effect outcome;
  std::string_view log;                 // is logged; empty: anything
  std::string_view role = "gateway:0";  // and how many at most
};

constexpr std::string_view kGuardIsMissing = "group guard";

// The first pipe is the guard's; four are the first start's, four the
// reserve's. The first spawn is the guard.
std::vector<Fault> Faults() {
  using enum Effect;
  const std::vector<std::string_view> no_fd = {"EMFILE", "ENFILE", "ENOMEM"};
  const std::vector<std::string_view> no_process = {"EAGAIN", "ENOMEM"};
  const std::vector<std::string_view> no_watch = {"ENOMEM", "ENOSPC"};
  return {
      {"pipe2", {"1"}, no_fd, kUnseen, "can't make the group guard's pipe"},
      {"pipe2",
       {"2", "3", "4", "5", "2-21"},
       no_fd,
       kDelayed,
       "can't make a pipe: "},
      {"pipe2", {"6", "7", "8", "9"}, no_fd, kUnseen, ""},
      {"F_GETFL", {"1", "4"}, {"ENOMEM"}, kDelayed, "non-blocking"},
      {"F_SETFL", {"1"}, {"ENOMEM"}, kUnseen, "group guard"},
      {"F_SETFL", {"2", "5"}, {"ENOMEM", "EAGAIN"}, kDelayed, "non-blocking"},
      {"F_SETPIPE_SZ", {"1+"}, {"ENOMEM", "EPERM"}, kUnseen, ""},
      {"posix_spawn",
       {"1"},
       no_process,
       kUnseen,
       "can't start the group guard"},
      {"posix_spawn",
       {"2", "3", "2-15"},
       no_process,
       kDelayed,
       "can't spawn the child: "},
      {"pidfd_open", {"1", "2", "1-15"}, no_fd, kDelayed, "can't open a pidfd"},
      {"execve",
       {"1"},
       {"EAGAIN", "ENFILE", "ENOMEM"},
       kDelayed,
       "can't execute",
       "trampoline:7"},
      {"epoll_ctl",
       {"1", "2", "3", "4", "5", "6", "1-15"},
       no_watch,
       kDelayed,
       "can't watch"},
      {"epoll_wait", {"/2"}, {"EINTR"}, kUnseen, ""},
      {"read", {"/1"}, {"SHORT"}, kUnseen, ""},
      {"read", {"1", "/2"}, {"EINTR"}, kUnseen, ""},
      {"read", {"1", "2", "/5"}, {"ENOMEM"}, kUnseen, ""},
      {"read", {"/2"}, {"EINTR"}, kUnseen, "", "guard:100"},
      {"writev", {"/1", "/2"}, {"SHORT"}, kUnseen, ""},
      {"writev", {"1", "/2"}, {"EINTR", "EAGAIN"}, kUnseen, ""},
      {"writev", {"1", "5", "/9"}, {"ENOMEM"}, kUnseen, ""},
      {"writev", {"1", "7"}, {"EPIPE"}, kRestarted, "stdin_closed"},
      {"writev", {"7"}, {"EIO"}, kRestarted, "stdin_closed"},
      {"write", {"1", "/2"}, {"EINTR", "EAGAIN", "EPIPE"}, kUnseen, ""},
      {"waitid", {"1", "2", "/2"}, {"EINTR"}, kUnseen, ""},
      {"waitid", {"1"}, {"ENOMEM", "EAGAIN"}, kUnseen, ""},
      {"waitpid", {"1"}, {"EINTR"}, kDelayed, "can't open a pidfd"},
      {"close", {"/1"}, {"EINTR", "EIO"}, kUnseen, ""},
      // Where it lacks descriptors, a client is sent away: see
      // connections_test.
      {"accept4", {"1-3"}, {"ECONNABORTED", "EINTR"}, kUnseen, ""},
  };
}

struct Row {
  std::string name;
  std::string rules;
  Effect outcome;
  std::string log;

  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.rules; }
};

std::string NameOf(const Fault& fault, std::string_view which,
                   std::string_view error) {
  std::string name = fmt::format("{}_{}_{}", fault.call, which, error);
  if (fault.role == "guard:100") name += "_guard";
  for (char& c : name) {
    if (c == '/') c = 'e';  // each third: e3
    if (c == '+') c = 'p';
    if (c == '-') c = 't';
  }
  return name;
}

std::vector<Row> Rows() {
  std::vector<Row> rows;
  for (const Fault& fault : Faults()) {
    for (const std::string_view which : fault.which) {
      for (const std::string_view error : fault.errors) {
        std::string rules =
            fmt::format("{}:{}:{}:{}", fault.call, which, error, fault.role);
        // It is called only where a start has failed.
        if (fault.call == "waitpid") rules += ",pidfd_open:1:EMFILE";
        rows.push_back({.name = NameOf(fault, which, error),
                        .rules = std::move(rules),
                        .outcome = fault.outcome,
                        .log = std::string(fault.log)});
      }
    }
  }
  return rows;
}

// What the descriptors of a process lead to, above stderr.
std::vector<std::string> OpenOf(const std::string& process) {
  std::vector<std::string> open;
  const std::string directory = "/proc/" + process + "/fd/";
  DIR* const entries = opendir(directory.c_str());
  if (entries == nullptr) return open;
  while (const dirent* entry = readdir(entries)) {
    if (std::atoi(entry->d_name) <= STDERR_FILENO) continue;
    std::array<char, 64> target{};
    const std::string path = directory + entry->d_name;
    if (readlink(path.c_str(), target.data(), target.size() - 1) <= 0) continue;
    open.emplace_back(target.data());
  }
  closedir(entries);
  return open;
}

// Of the pipes, those that it has not been given by this process.
int PipesOf(pid_t pid) {
  const std::vector<std::string> given = OpenOf("self");
  const std::vector<std::string> open = OpenOf(std::to_string(pid));
  return static_cast<int>(
      std::count_if(open.begin(), open.end(), [&](const std::string& what) {
        return what.starts_with("pipe:") &&
               std::find(given.begin(), given.end(), what) == given.end();
      }));
}

int PidfdsOf(pid_t pid) {
  const std::vector<std::string> open = OpenOf(std::to_string(pid));
  return static_cast<int>(
      std::count(open.begin(), open.end(), "anon_inode:[pidfd]"));
}

// Of the children that it has, those that nobody has reaped.
int ZombiesOf(pid_t pid) {
  int zombies = 0;
  DIR* const tasks = opendir(fmt::format("/proc/{}/task", pid).c_str());
  if (tasks == nullptr) return -1;
  while (const dirent* task = readdir(tasks)) {
    std::ifstream file(
        fmt::format("/proc/{}/task/{}/children", pid, task->d_name));
    for (pid_t child = 0; file >> child;) {
      std::ifstream stat(fmt::format("/proc/{}/stat", child));
      std::string text;
      std::getline(stat, text);
      zombies += text.find(") Z ") != text.npos ? 1 : 0;
    }
  }
  closedir(tasks);
  return zombies;
}

class InjectedFaultTest : public ::testing::TestWithParam<Row> {
 protected:
  void Run() {
    note_ = directory_.File("note");
    gateway_ = std::make_unique<GatewayProcess>(
        std::vector<std::string>{"--restart-delay", "1ms",
                                 "--restart-max-delay", "20ms",
                                 "--restart-limit", "5", "--log-level", "info"},
        std::vector<std::string>{TG_DEMO_CHILD},
        Environment{std::string("LD_PRELOAD=") + TG_FAULT_INJECTION,
                    "TG_FAULT=" + GetParam().rules, "TG_FAULT_NOTE=" + note_,
                    "THESPIAN_DUMPABLE=1"});
    ASSERT_NE(gateway_->address(), "") << gateway_->program().err();
    stub_ = v1::GatewayService::NewStub(grpc::CreateChannel(
        gateway_->address(), grpc::InsecureChannelCredentials()));
  }

  // The endpoint once `holds` is true of it.
  template <typename Condition>
  v1::Endpoint Await(Condition holds) {
    const auto deadline = steady_clock::now() + kPatience;
    v1::Endpoint endpoint;
    while (steady_clock::now() < deadline && !HasFailure()) {
      endpoint = EndpointOf(*gateway_);
      if (holds(endpoint)) return endpoint;
    }
    ADD_FAILURE() << "not in time: " << endpoint.ShortDebugString() << '\n'
                  << gateway_->program().err();
    return endpoint;
  }

  v1::Endpoint AwaitRunning(uint64_t incarnation) {
    return Await([incarnation](const v1::Endpoint& endpoint) {
      return endpoint.state() == v1::ENDPOINT_STATE_RUNNING &&
             endpoint.incarnation() >= incarnation;
    });
  }

  // Messages there and back. Where the row ends the child, some are lost with
  // it, and others come after it.
  void Exchange() {
    const int tries = GetParam().outcome == Effect::kRestarted ? 4 : 1;
    for (int i = 1;; ++i) {
      const uint64_t incarnation = AwaitRunning(1).incarnation();
      EchoLoad load(*stub_, {.messages = 300, .most_in_batch = 20}, kPatience);
      const EchoLoad::Outcome& outcome = load.Await();
      if (outcome.received == 300 && outcome.status.ok()) return;
      ASSERT_LT(i, tries) << outcome.fault << outcome.status.error_message()
                          << gateway_->program().err();
      AwaitRunning(incarnation + 1);
    }
  }

  void KillChild() {
    const v1::Endpoint endpoint = AwaitRunning(1);
    ASSERT_GT(endpoint.pid(), 0u);
    ASSERT_EQ(kill(static_cast<pid_t>(endpoint.pid()), SIGKILL), 0);
    AwaitRunning(endpoint.incarnation() + 1);
  }

  // At rest: the child answers each message with one.
  void ExpectBooksBalance() {
    const v1::Endpoint endpoint = Await(
        [](const v1::Endpoint& e) { return e.counters().waiting() == 0; });
    ExpectBalanced(endpoint.counters());
    EXPECT_EQ(endpoint.counters().skipped(), 0u);
  }

  // One child with three pipes; perhaps the reserve's eight; the guard's one;
  // the two of asio's signals.
  void ExpectNothingLeftOver() {
    const bool guarded =
        GetParam().log.find(kGuardIsMissing) == std::string::npos;
    const int least = guarded ? 6 : 5;
    const pid_t pid = gateway_->program().pid();
    EXPECT_THAT(PipesOf(pid), AnyOf(Eq(least), Eq(least + 8)));
    EXPECT_EQ(PidfdsOf(pid), 1);
    EXPECT_EQ(ZombiesOf(pid), 0);
  }

  size_t Injected() const {
    std::ifstream file(note_);
    size_t lines = 0;
    for (std::string line; std::getline(file, line);) ++lines;
    return lines;
  }

  void ExpectStory(const std::string& log, uint64_t incarnations) {
    EXPECT_THAT(log, Not(HasSubstr("FAILED")));
    EXPECT_THAT(log, HasSubstr(GetParam().log));
    switch (GetParam().outcome) {
      case Effect::kUnseen:
        EXPECT_EQ(incarnations, 2u) << log;
        break;
      case Effect::kDelayed:
        EXPECT_GT(incarnations, 2u);
        EXPECT_THAT(log, HasSubstr("no start of the child"));
        break;
      case Effect::kRestarted:
        EXPECT_EQ(incarnations, 3u) << log;
        break;
    }
  }

  const TempDir directory_;
  std::string note_;
  std::unique_ptr<GatewayProcess> gateway_;
  std::unique_ptr<v1::GatewayService::Stub> stub_;
};

TEST_P(InjectedFaultTest, IsSurvived) {
  ASSERT_NO_FATAL_FAILURE(Run());
  ASSERT_NO_FATAL_FAILURE(Exchange());
  ASSERT_NO_FATAL_FAILURE(KillChild());
  ASSERT_NO_FATAL_FAILURE(Exchange());

  ExpectBooksBalance();
  ExpectNothingLeftOver();
  const uint64_t incarnations = AwaitRunning(1).incarnation();
  EXPECT_GT(Injected(), 0u);
  gateway_->program().Kill(SIGTERM);
  const Ended ended = gateway_->program().Wait();
  EXPECT_EQ(ended.code, 0) << ended.err;
  ExpectStory(ended.err, incarnations);
}

INSTANTIATE_TEST_SUITE_P(Rows, InjectedFaultTest, ::testing::ValuesIn(Rows()),
                         [](const ::testing::TestParamInfo<Row>& row) {
                           return row.param.name;
                         });

}  // namespace
}  // namespace thespian::gateway
