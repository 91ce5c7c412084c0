// The gateway as a process among others: what it was started from, what it
// passes on to its child, and what the child can reach.
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "nlohmann/json.hpp"
#include "tests/integration/gateway_process.h"
#include "tests/support/frames.h"
#include "tests/support/hex.h"
#include "tests/support/temp_dir.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Words = std::vector<std::string>;

// The gateway, started through `starter`, with a child that ends it.
Words Command(const Words& starter, const Words& child) {
  Words words = starter;
  words.insert(words.end(), {TG_GATEWAY, "--listen", "127.0.0.1:0", "--restart",
                             "never", "--exit-with-child", "--"});
  words.insert(words.end(), child.begin(), child.end());
  return words;
}

Words Python(const std::string& script) {
  return {"/usr/bin/python3", "-c", script};
}

// --- What it was started from ----------------------------------------------

TEST(InheritedTest, IgnoredSigchldDoesNotHideTheChildsEnd) {
  const Ended ended = Program(Command({"/usr/bin/env", "--ignore-signal=CHLD"},
                                      {"/bin/sh", "-c", "exit 3"}))
                          .Wait();
  EXPECT_EQ(ended.code, 3) << ended.err;
}

TEST(InheritedTest, ABlockedSigtermEndsItAllTheSame) {
  Program gateway(Command({"/usr/bin/env", "--block-signal=TERM"},
                          {"/bin/sh", "-c", "read line"}));
  ASSERT_TRUE(gateway.AwaitErr("listening on"));

  gateway.Kill(SIGTERM);

  EXPECT_EQ(gateway.Wait().code, 0);
}

// The log must not go to what happens to be opened next.
TEST(InheritedTest, ClosedStandardDescriptorsAreOpened) {
  const TempDir directory;
  const std::string file = directory.File("descriptors");
  const Words starter = {"/bin/sh", "-c", "exec \"$0\" \"$@\" <&- >&- 2>&-"};
  const Words child = {"/bin/sh", "-c",
                       "for fd in 0 1 2; do readlink /proc/$PPID/fd/$fd; done "
                       ">\"$0\"",
                       file};

  Program(Command(starter, child), {"THESPIAN_DUMPABLE=1"}).Wait();

  std::ifstream text(file);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(text), {}),
            "/dev/null\n/dev/null\n/dev/null\n");
}

// --- What it passes on -----------------------------------------------------

TEST(InheritedTest, TheDescriptorLimitIsRaisedForItselfAlone) {
  const Words starter = {"/bin/sh", "-c", "ulimit -Sn 300; exec \"$0\" \"$@\""};
  const Words child = {
      "/bin/sh", "-c",
      "echo \"soft $(ulimit -Sn).\" >&2; awk '/open files/ { print $4 == $5 ? "
      "\"raised\" : \"low\" }' /proc/$PPID/limits >&2"};

  const Ended ended = Program(Command(starter, child)).Wait();

  EXPECT_THAT(ended.err,
              AllOf(HasSubstr("soft 300.\n"), HasSubstr("raised\n")));
}

// --- What the child can reach ----------------------------------------------

// Types into its terminal what the next reader of it would take for its own.
constexpr char kTypes[] =
    "import fcntl, os, sys, termios\n"
    "try:\n"
    "  fcntl.ioctl(os.open('/dev/tty', os.O_RDWR), termios.TIOCSTI, b'x')\n"
    "  print('typed.', file=sys.stderr)\n"
    "except OSError as error:\n"
    "  print('refused:', error.strerror, file=sys.stderr)\n";

TEST(ReachTest, TheChildHasNoTerminalToTypeInto) {
  const Words terminal = {"/usr/bin/python3", "-c",
                          "import pty, sys; pty.spawn(sys.argv[1:])"};

  const Ended ended = Program(Command(terminal, Python(kTypes))).Wait();

  // It can't even be opened.
  EXPECT_THAT(ended.out, AllOf(HasSubstr("refused: No such device or address"),
                               Not(HasSubstr("typed."))));
}

// A user that may not do what root may.
Words Unprivileged() {
  if (geteuid() != 0) return {};
  return {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534",
          "--clear-groups"};
}

constexpr char kReads[] =
    "import os, sys\n"
    "try:\n"
    "  open('/proc/%d/environ' % os.getppid(), 'rb').read()\n"
    "  print('readable.', file=sys.stderr)\n"
    "except PermissionError:\n"
    "  print('refused.', file=sys.stderr)\n";

TEST(ReachTest, AChildOfTheSameUserCanNotReadItsMemory) {
  const Words command = Command(Unprivileged(), Python(kReads));

  EXPECT_THAT(Program(command).Wait().err, HasSubstr("stderr: refused.\n"));
  EXPECT_THAT(Program(command, {"THESPIAN_DUMPABLE=1"}).Wait().err,
              HasSubstr("stderr: readable.\n"));
}

// --- Signals ---------------------------------------------------------------

TEST(OperatorSignalTest, ThoseThatAskForNothingAreIgnoredWithALine) {
  GatewayProcess gateway({}, {TG_DEMO_CHILD});
  for (const int signal : {SIGUSR1, SIGUSR2}) {
    gateway.program().Kill(signal);
    EXPECT_TRUE(gateway.program().AwaitErr("signal " + std::to_string(signal)));
  }
  EXPECT_GT(gateway.ChildPid(), 0);  // it serves

  gateway.program().Kill(SIGTERM);

  const Ended ended = gateway.program().Wait();
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.err,
              HasSubstr("signal 10 (User defined signal 1) is ignored"));
}

TEST(OperatorSignalTest, SighupReloadsAndTheLogSaysWhatThatDid) {
  GatewayProcess gateway({}, {TG_DEMO_CHILD});
  const pid_t child = gateway.ChildPid();

  gateway.program().Kill(SIGHUP);

  EXPECT_TRUE(gateway.program().AwaitErr(
      "reload: endpoints added: none; removed: none; changed: none; 1 "
      "unchanged"));
  EXPECT_EQ(gateway.ChildPid(), child);
}

TEST(OperatorSignalTest, SigquitPutsTheStateIntoTheLog) {
  GatewayProcess gateway({}, {TG_DEMO_CHILD});

  gateway.program().Kill(SIGQUIT);

  EXPECT_TRUE(gateway.program().AwaitErr(" proxies\n"));
  EXPECT_THAT(gateway.program().err(),
              AllOf(HasSubstr("state: 1 endpoints, 0 local actors\n"),
                    HasSubstr("state: endpoint default: RUNNING, incarnation "
                              "1, pid " +
                              std::to_string(gateway.ChildPid()))));
}

// --- The log ---------------------------------------------------------------

const std::string kForged =
    "x\r\n2000-01-01T00:00:00.000+0000 error a forged\x1b[2J ";

std::vector<std::string> LogOf(const Words& options) {
  Words words = {TG_GATEWAY,  "--listen", "127.0.0.1:0",
                 "--restart", "never",    "--exit-with-child"};
  words.insert(words.end(), options.begin(), options.end());
  words.insert(
      words.end(),
      {"--", TG_SCRIPTED_CHILD,
       "hex:" + ToHex(FrameOf("\x82\x6ftransport_error\x78\x33" + kForged))});
  return absl::StrSplit(Program(words).Wait().err, '\n', absl::SkipEmpty());
}

TEST(LogTest, AChildCanNotForgeALine) {
  const std::vector<std::string> lines = LogOf({});
  EXPECT_THAT(lines, Contains(HasSubstr("error a forged\\x1b[2J")));
  EXPECT_THAT(lines, Each(Not(StartsWith("2000"))));
}

TEST(LogTest, JsonLinesHaveFields) {
  bool stopping = false;
  for (const std::string& text : LogOf({"--log-format", "json"})) {
    const auto line = nlohmann::json::parse(text, nullptr, false);
    ASSERT_FALSE(line.is_discarded()) << text;
    if (line.value("state", "") != "STOPPING") continue;
    stopping = true;
    EXPECT_EQ(line["endpoint"], "default");
    EXPECT_EQ(line["incarnation"], 1);
    EXPECT_GT(line["pid"], 0);
  }
  EXPECT_TRUE(stopping);
}

}  // namespace
}  // namespace thespian::gateway
