// check-child on children that are right and on children that are not.
#include "clients/cli/check/check_child.h"

#include <sys/wait.h>

#include <cctype>
#include <chrono>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "clients/cli/exit_code.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/clients/cli/captured_streams.h"
#include "tests/support/piped_child.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway::cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

// One that only a broken child waits for.
constexpr std::chrono::milliseconds kLong{30'000};
constexpr std::chrono::milliseconds kShort{5'000};

struct Checked {
  absl::Status status;
  std::vector<std::string> lines;
};

Checked Check(std::vector<std::string> command,
              std::optional<Dialect> dialect = std::nullopt,
              std::chrono::milliseconds patience = kLong,
              std::string name = "echo") {
  CapturedStreams streams;
  absl::Status status = CheckChild({.command = std::move(command),
                                    .name = std::move(name),
                                    .patience = patience},
                                   dialect, streams.streams());
  return {status, absl::StrSplit(streams.output(), '\n', absl::SkipEmpty())};
}

// --- those that are right --------------------------------------------------

struct Good {
  const char* name;
  std::vector<std::string> command;
  const char* dialect;  // as it is reported
  std::optional<Dialect> wanted;

  friend void PrintTo(const Good& good, std::ostream* out) {
    *out << good.name;
  }
};

class GoodChildTest : public ::testing::TestWithParam<Good> {};

TEST_P(GoodChildTest, Passes) {
  const Checked checked = Check(GetParam().command, GetParam().wanted);
  EXPECT_THAT(checked.status, IsOk());
  EXPECT_THAT(checked.lines, Each(Not(StartsWith("FAIL"))));
  EXPECT_THAT(checked.lines,
              Contains(StartsWith(std::string("pass        dialect       ") +
                                  GetParam().dialect)));
  // Of what can always be told nothing is left out.
  for (const char* check :
       {"answers", "by id", "large ids", "joined", "order", "split",
        "unknown id", "unknown name", "unknown link", "peer's exit", "limits",
        "end", "framing", "ids", "stdout", "quiet"}) {
    EXPECT_THAT(checked.lines,
                Contains(StartsWith(std::string("pass        ") + check + " ")))
        << check;
  }
}

const std::vector<std::string> kModel = {TG_MODEL_CHILD};
const std::vector<std::string> kOldModel = {TG_MODEL_CHILD, "--generation",
                                            "thespian-16k"};

INSTANTIATE_TEST_SUITE_P(
    , GoodChildTest,
    ::testing::Values(
        Good{"Demo", {TG_DEMO_CHILD}, "plain:"},
        Good{"DemoAsPlain", {TG_DEMO_CHILD}, "plain:", Dialect::kPlain},
        Good{"DemoAsThespian",
             {TG_DEMO_CHILD, "--dialect", "thespian"},
             "thespian:",
             Dialect::kThespian},
        Good{"PythonAsThespian",
             {"/usr/bin/python3", TG_PYTHON_EXAMPLE, "--dialect", "thespian"},
             "thespian:"},
        Good{"PythonOfTheReadme", {TG_PYTHON_CHILD}, "plain:"},
        Good{"Python", {"/usr/bin/python3", TG_PYTHON_EXAMPLE}, "plain:"},
        Good{"Model", kModel, "thespian:"},
        Good{"ModelAsThespian", kModel, "thespian:", Dialect::kThespian},
        Good{"OldModel", kOldModel, "thespian-16k:"},
        Good{"OldModelAsSuch", kOldModel,
             "thespian-16k:", Dialect::kThespian16k}),
    [](const auto& row) { return row.param.name; });

TEST(CheckChildTest, ChecksEveryDialectThatIsSpoken) {
  const Checked checked = Check({TG_BROKEN_CHILD});
  EXPECT_THAT(checked.status, IsOk());
  EXPECT_THAT(checked.lines, Contains("plain ids:"));
  EXPECT_THAT(checked.lines, Contains("tagged ids:"));
  EXPECT_EQ(checked.lines.back(), "37 passed, 0 failed, 1 can't tell");
}

TEST(CheckChildTest, SaysWhyADialectIsNotSpoken) {
  EXPECT_THAT(Check({TG_MODEL_CHILD}).lines.front(),
              AllOf(StartsWith("plain ids: not spoken (a message to the name "
                               "'echo': it ended with exit code 1"),
                    HasSubstr("error.UnknownMessageType")));
}

TEST(CheckChildTest, SaysWhatCantBeTold) {
  EXPECT_THAT(Check({TG_DEMO_CHILD}).lines,
              Contains(StartsWith("can't tell  own exit ")));
}

TEST(CheckChildTest, SeesTheExitOfALinkedActor) {
  EXPECT_THAT(Check({TG_MODEL_CHILD}, Dialect::kThespian).lines,
              Contains(AllOf(StartsWith("pass        own exit"),
                             HasSubstr("the reason \"checked\""))));
}

TEST(CheckChildTest, KnowsTheLimitsOfTheGenerations) {
  EXPECT_THAT(Check(kModel).lines,
              Contains(AllOf(StartsWith("pass        limits"),
                             HasSubstr("32727 bytes"))));
  EXPECT_THAT(Check(kOldModel).lines,
              Contains(AllOf(StartsWith("pass        limits"),
                             HasSubstr("16348 bytes"))));
}

TEST(CheckChildTest, SpeaksToTheActorThatIsNamed) {
  const Checked checked =
      Check({TG_DEMO_CHILD}, std::nullopt, kLong, "counter");
  EXPECT_THAT(checked.status, IsOk());
  EXPECT_THAT(checked.lines,
              Contains(HasSubstr("'counter' is answered by its actor 2")));
  EXPECT_THAT(checked.lines, Contains(StartsWith("can't tell  limits")));
}

TEST(CheckChildTest, FindsTheActorAgainWhoseIdChanges) {
  const Checked checked =
      Check({TG_DEMO_CHILD}, std::nullopt, kLong, "spawner");
  EXPECT_THAT(checked.status, IsOk());
  EXPECT_THAT(checked.lines, Contains(StartsWith("pass        by id")));
  EXPECT_THAT(checked.lines,
              Contains(AllOf(StartsWith("pass        own exit"),
                             HasSubstr("the reason \"checked\""))));
}

TEST(CheckChildTest, AWrongGenerationIsNamed) {
  const Checked checked = Check(kOldModel, Dialect::kThespian, kShort);
  EXPECT_THAT(checked.lines,
              Contains(AllOf(StartsWith("FAIL        dialect"),
                             HasSubstr("--dialect thespian-16k"))));
}

TEST(CheckChildTest, HeadsOfTodayAreNoFaultInAnOldDialect) {
  const Checked checked = Check({TG_DEMO_CHILD, "--dialect", "thespian-16k"},
                                Dialect::kThespian16k);
  EXPECT_THAT(checked.status, IsOk());
  EXPECT_THAT(checked.lines, Contains(StartsWith("can't tell  dialect")));
}

TEST(CheckChildTest, AProgramThatIsNotThereIsUnavailable) {
  const Checked checked = Check({"/no/such/program"});
  EXPECT_EQ(ExitCodeOf(checked.status), kExitUnavailable);
  EXPECT_THAT(Explain(checked.status, {}),
              HasSubstr("can't execute '/no/such/program'"));
  EXPECT_TRUE(checked.lines.empty());
}

// --- as a program ----------------------------------------------------------

int ExitCodeOfProgram(std::vector<std::string> child) {
  child.insert(child.begin(), {TG_CTL, "check-child", "--timeout", "5", "--"});
  auto program = PipedChild::Start(child);
  if (!program.ok()) return -1;
  const absl::StatusOr<int> how = (*program)->Wait();
  return how.ok() && WIFEXITED(*how) ? WEXITSTATUS(*how) : -1;
}

TEST(CheckChildProgramTest, ItsExitCodeTells) {
  EXPECT_EQ(ExitCodeOfProgram({TG_DEMO_CHILD}), 0);
  EXPECT_EQ(ExitCodeOfProgram({TG_BROKEN_CHILD, "exit-code-3"}), 1);
  EXPECT_EQ(ExitCodeOfProgram({}), 64);
  EXPECT_EQ(ExitCodeOfProgram({"/no/such/program"}), 69);
}

// --- those that are not ----------------------------------------------------

struct Broken {
  const char* fault;
  const char* check;  // that fails
  const char* words;  // of its line
  std::optional<Dialect> dialect = Dialect::kPlain;

  friend void PrintTo(const Broken& broken, std::ostream* out) {
    *out << broken.fault;
  }
};

class BrokenChildTest : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenChildTest, FailsInTheRightLine) {
  const Broken& broken = GetParam();
  const Checked checked =
      Check({TG_BROKEN_CHILD, broken.fault}, broken.dialect, kShort);
  EXPECT_EQ(ExitCodeOf(checked.status), kExitOther);
  EXPECT_THAT(checked.lines,
              Contains(AllOf(
                  StartsWith(std::string("FAIL        ") + broken.check + " "),
                  HasSubstr(broken.words), HasSubstr("; hint: "))));
  EXPECT_THAT(checked.lines.back(),
              MatchesRegex("[0-9]+ passed, [1-9][0-9]* failed, .*"));
}

INSTANTIATE_TEST_SUITE_P(
    , BrokenChildTest,
    ::testing::Values(
        Broken{"text", "stdout", "print to stderr"},
        Broken{"late-text", "stdout", "\"answered\\n"},
        Broken{"little-endian", "framing", "write it big-endian"},
        Broken{"no-head", "framing", "without a head"},
        Broken{"long-length", "framing", "silent inside a frame"},
        Broken{"wrong-id", "answers", "to id 1006, which has not spoken"},
        Broken{"swapped-ids", "answers", "in the wrong order"},
        Broken{"swapped-tags", "ids", "first id of a message", std::nullopt},
        Broken{"plain-answers", "ids", "it writes plain ids",
               Dialect::kThespian},
        Broken{"plain-answers", "dialect", "does not answer tagged ids",
               Dialect::kThespian},
        Broken{"ids-of-32-bits", "large ids", "to id 4294967295"},
        Broken{"mute", "answers", "no answer within 5 s"},
        Broken{"one-frame-a-read", "joined", "of 20 frames in one write"},
        Broken{"whole-frames-only", "split", "a read may bring a part"},
        Broken{"reorders", "order", "in another order"},
        Broken{"dies-of-unknown-id", "unknown id", "ended with exit code 1"},
        Broken{"dies-of-unknown-name", "unknown name",
               "ended with exit code 1; last on stderr: AssertionError"},
        Broken{"dies-of-exit", "peer's exit", "ended with exit code 1"},
        Broken{"silent-about-links", "unknown link", "no_such_actor"},
        Broken{"silent-about-ends", "own exit", "no exit told so"},
        Broken{"answers-nobody", "nobody", "is answered, to id 0"},
        Broken{"truncates", "limits", "16348 bytes comes back as 4004"},
        Broken{"dies-of-large", "limits", "a payload of 32727 bytes",
               Dialect::kThespian},
        Broken{"floods", "quiet", "were unasked"},
        Broken{"goes-on-after-end", "end", "must be killed"},
        Broken{"exit-code-3", "end", "exit code 3"},
        Broken{"dies-at-once", "answers", "no configuration"}),
    [](const auto& row) {
      std::string name =
          std::string(row.param.fault) + "_in_" + row.param.check;
      for (char& c : name) {
        if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
      }
      return name;
    });

TEST(BrokenChildrenTest, OneFaultFailsOneLine) {
  for (const char* fault :
       {"swapped-ids", "whole-frames-only", "one-frame-a-read", "reorders",
        "dies-of-unknown-name", "truncates", "exit-code-3"}) {
    const Checked checked =
        Check({TG_BROKEN_CHILD, fault}, Dialect::kPlain, kShort);
    EXPECT_THAT(checked.lines.back(), HasSubstr(" 1 failed,")) << fault;
  }
}

TEST(BrokenChildrenTest, ALimitOfAPlainChildIsNoFault) {
  const Checked checked =
      Check({TG_BROKEN_CHILD, "dies-of-large"}, Dialect::kPlain, kShort);
  EXPECT_THAT(checked.status, IsOk());
  EXPECT_THAT(checked.lines,
              Contains(AllOf(StartsWith("pass        limits"),
                             HasSubstr("payloads of 16348 bytes"),
                             HasSubstr("--max-frame-bytes"))));
}

}  // namespace
}  // namespace thespian::gateway::cli
