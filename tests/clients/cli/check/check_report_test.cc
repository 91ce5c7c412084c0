#include "clients/cli/check/check_report.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/clients/cli/captured_streams.h"

namespace thespian::gateway::cli {
namespace {

TEST(FindingLineTest, BeginsWithTheOutcomeAndTheCheck) {
  EXPECT_EQ(FindingLine("split", Pass("all answered")),
            "pass        split         all answered");
  EXPECT_EQ(FindingLine("own exit", CantTell("no way to end it")),
            "can't tell  own exit      no way to end it");
}

TEST(FindingLineTest, TellsWhatToChange) {
  EXPECT_EQ(FindingLine("end", Fail("it goes on", "return from main")),
            "FAIL        end           it goes on; hint: return from main");
}

TEST(FindingLineTest, IsOneLineThatSteersNoTerminal) {
  EXPECT_EQ(FindingLine("end", Fail("said \x1b[2J\nagain", "don't")),
            "FAIL        end           said \\u001b[2J\\u000aagain; hint: "
            "don't");
}

TEST(CheckReportTest, CountsTheOutcomes) {
  CapturedFile file;
  CheckReport report(file.file());
  report.AddHeading("plain ids:");
  report.Add("a", Pass("well"));
  report.Add("b", Pass("well"));
  report.Add("c", Fail("badly", "better"));
  report.Add("d", CantTell("who knows"));
  report.AddSummary();
  EXPECT_EQ(report.Count(Outcome::kPass), 2u);
  EXPECT_EQ(report.Count(Outcome::kFail), 1u);
  EXPECT_EQ(report.Count(Outcome::kCantTell), 1u);
  EXPECT_EQ(file.text(),
            "plain ids:\n"
            "pass        a             well\n"
            "pass        b             well\n"
            "FAIL        c             badly; hint: better\n"
            "can't tell  d             who knows\n"
            "2 passed, 1 failed, 1 can't tell\n");
}

}  // namespace
}  // namespace thespian::gateway::cli
