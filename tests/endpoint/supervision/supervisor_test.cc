// What follows from what: each row is a story, and what its last event leads
// to.
#include "endpoint/supervision/supervisor.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "tests/endpoint/supervision/story.h"

namespace thespian::gateway {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using ::testing::ValuesIn;
using Request = Supervisor::Request;
using S = Supervisor;

struct Row {
  std::string_view name;
  std::function<void(Story&)> tell;
  std::vector<std::string> follows;  // from the last event
  RestartOptions restart = {};       // never
};

class SupervisorTest : public ::testing::TestWithParam<Row> {};

TEST_P(SupervisorTest, DoesWhatFollows) {
  Story story(GetParam().restart);
  GetParam().tell(story);
  EXPECT_THAT(story.last(), ElementsAreArray(GetParam().follows));
}

std::string RowName(const ::testing::TestParamInfo<Row>& row) {
  return std::string(row.param.name);
}

const std::vector<std::string> kStarts = {
    "begin", "STARTING: the child is being started", "spawn"};

std::vector<Row> Starts() {
  return {
      {"Begin", [](Story& s) { s.Begin(); }, kStarts},
      {"Spawned", [](Story& s) { s.Begin().Spawned(); }, {}},
      {"Opened",
       [](Story& s) { s.Running(); },
       {"RUNNING: the child runs", "done begin: OK"}},
      {"NoTrampoline",
       [](Story& s) { s.Begin().SpawnFailed(); },
       {"FAILED: no trampoline", "done begin: NOT_FOUND"},
       kOnFailure},
      {"NoProgram",
       [](Story& s) { s.Begin().Spawned().ExecFailed(); },
       {"close input: no program"}},
      {"NoProgramAndItsEnd",
       [](Story& s) { s.Begin().Spawned().ExecFailed().Exited(127); },
       {"record, asked: no program", "FAILED: no program",
        "done begin: NOT_FOUND"},
       kOnFailure},
      {"NoProgramAndItsOutput",
       [](Story& s) { s.Begin().Spawned().ExecFailed().OutputEnded(); },
       {}},
      {"NoProgramWhileStopped",
       [](Story& s) {
         s.Begin().Spawned().AskStop();
         s.ExecFailed().Exited(127);
       },
       {"record, asked: no program", "FAILED: no program",
        "done begin: NOT_FOUND", "done stop: OK"}},
      {"OpenedWhileStopping",
       [](Story& s) { s.Begin().Spawned().End().Opened(); },
       {}},
  };
}

INSTANTIATE_TEST_SUITE_P(Starts, SupervisorTest, ValuesIn(Starts()), RowName);

std::vector<Row> Ends() {
  return {
      {"StdoutEnds",
       [](Story& s) { s.Running().OutputEnded(); },
       {"tell ends", "STOPPING: the child's stdout has ended",
        "end session: the child's stdout has ended", "stop: wait"}},
      {"ExitAfterStdout",
       [](Story& s) { s.Running().OutputEnded().Exited(3); },
       {"record: the child ended: exit code 3",
        "FAILED: the child ended: exit code 3; not started again (restart: "
        "never)"}},
      {"ExitBeforeStdout",
       [](Story& s) { s.Running().Exited(0); },
       {"tell ends", "STOPPING: the child has ended",
        "end session: the child has ended", "stop: wait",
        "record: the child ended: exit code 0",
        "FAILED: the child ended: exit code 0; not started again (restart: "
        "never)"}},
      {"ExitBeforeOpened",
       [](Story& s) { s.Begin().Spawned().Exited(1); },
       {"tell ends", "STOPPING: the child has ended",
        "end session: the child has ended", "stop: wait",
        "record: the child ended: exit code 1",
        "FAILED: the child ended: exit code 1", "done begin: ENDPOINT_FAILED"}},
      {"ProtocolError",
       [](Story& s) { s.Running().Failed(); },
       {"tell ends", "STOPPING: a bad frame",
        "end session, look back: a bad frame", "stop: terminate"}},
      {"OnlyTheFirstFailureCounts",
       [](Story& s) { s.Running().Failed().Failed(); },
       {}},
      {"TheCauseIsToldAtTheEnd",
       [](Story& s) { s.Running().Failed().OutputEnded().Exited(0); },
       {"record: a bad frame; the child ended: exit code 0",
        "BACKOFF: a bad frame; the child ended: exit code 0; started again in "
        "100 ms",
        "start in 100"},
       kOnFailure},
      {"Goodbye",
       [](Story& s) { s.Running().Goodbye(); },
       {"tell ends", "STOPPING: transport_error: tired",
        "end session, look back: transport_error: tired", "stop: wait"}},
      {"GoodbyeWhileStopping",
       [](Story& s) { s.Running().End().Goodbye(); },
       {"tell ends", "end session: tired", "stop: wait"}},
      {"StdinClosed",
       [](Story& s) { s.Running().InputClosed(); },
       {"tell ends", "STOPPING: the child has closed its stdin",
        "end session, look back: the child has closed its stdin",
        "stop: terminate"}},
      {"StdinClosedWhileStopping",
       [](Story& s) { s.Running().End().InputClosed(); },
       {}},
  };
}

INSTANTIATE_TEST_SUITE_P(Ends, SupervisorTest, ValuesIn(Ends()), RowName);

std::vector<Row> Restarts() {
  return {
      {"Backoff",
       [](Story& s) { s.InBackoff(); },
       {"record: the child ended: exit code 1",
        "BACKOFF: the child ended: exit code 1; started again in 100 ms",
        "start in 100"},
       kOnFailure},
      {"Due", [](Story& s) { s.InBackoff().RestartDue(); }, kStarts,
       kOnFailure},
      {"DueButRunning",
       [](Story& s) { s.Running().RestartDue(); },
       {},
       kOnFailure},
      {"NoProgramLater",
       [](Story& s) {
         s.InBackoff().RestartDue().Spawned().ExecFailed().Exited(127);
       },
       {"record, asked: no program",
        "BACKOFF: no program; started again in 200 ms", "start in 200"},
       kOnFailure},
      {"NoTrampolineLater",
       [](Story& s) { s.InBackoff().RestartDue().SpawnFailed(); },
       {"BACKOFF: no trampoline; started again in 200 ms", "start in 200"},
       kOnFailure},
      {"ANewRunKnowsNothingOfTheOldOnesFailure",
       [](Story& s) {
         s.Running().Failed().Exited(0);
         s.RestartDue().Spawned().Opened().Exited(0);
       },
       {"tell ends", "STOPPING: the child has ended",
        "end session: the child has ended", "stop: wait",
        "record: the child ended: exit code 0",
        "FAILED: the child ended: exit code 0; not started again (restart: "
        "on-failure)"},
       kOnFailure},
      {"CrashLoop",
       [](Story& s) {
         s.InBackoff().RestartDue().Spawned().Opened().OutputEnded().Exited(1);
         s.RestartDue().Spawned().Opened().OutputEnded().Exited(1);
       },
       {"record: the child ended: exit code 1",
        "FAILED: the child ended: exit code 1; given up after 3 starts within "
        "60000 ms (the limit is 3)"},
       kOnFailure},
  };
}

INSTANTIATE_TEST_SUITE_P(Restarts, SupervisorTest, ValuesIn(Restarts()),
                         RowName);

const std::vector<std::string> kOperatorStops = {
    "tell ends", "STOPPING: an operator stops it",
    "close input: is being stopped", "stop: wait"};

std::vector<Row> Operators() {
  return {
      {"StartOfWhatRuns",
       [](Story& s) { s.Running().AskStart(); },
       {"done start: OK"}},
      {"StartOfWhatStarts",
       [](Story& s) { s.Begin().Spawned().AskStart(); },
       {}},
      {"StartIsDoneWhenItRuns",
       [](Story& s) { s.Begin().Spawned().AskStart().Opened(); },
       {"RUNNING: the child runs", "done begin: OK", "done start: OK"}},
      {"StopOfWhatRuns", [](Story& s) { s.Running().AskStop(); },
       kOperatorStops},
      {"StopIsDoneAtTheEnd",
       [](Story& s) { s.Running().AskStop().OutputEnded().Exited(0); },
       {"record, asked: the child ended: exit code 0",
        "STOPPED: the child ended: exit code 0", "done stop: OK"},
       kOnFailure},
      {"TheOutputOfWhatStopsIsCut",
       [](Story& s) { s.Running().AskStop().OutputCut(); },
       {"tell ends", "end session: the child's stdout has ended",
        "stop: wait"}},
      {"WhatWasCutWhileStoppingHasEndedInOrder",
       [](Story& s) { s.Running().AskStop().OutputCut().Exited(0); },
       {"record, asked: the child ended: exit code 0",
        "STOPPED: the child ended: exit code 0", "done stop: OK"}},
      {"TheOutputOfWhatStopsEnds",
       [](Story& s) { s.Running().AskStop().OutputEnded(); },
       {"tell ends", "end session: the child's stdout has ended",
        "stop: wait"}},
      {"StopTwice",
       [](Story& s) { s.Running().AskStop().AskStop(); },
       {"stop: wait"}},
      {"StopOfWhatIsStopped",
       [](Story& s) { s.Running().AskStop().Exited(0).AskStop(); },
       {"STOPPED: an operator stopped it", "done stop: OK"}},
      {"StopInBackoff",
       [](Story& s) { s.InBackoff().AskStop(); },
       {"STOPPED: an operator stopped it", "done stop: OK"},
       kOnFailure},
      {"ADelayThatIsOverTooLate",
       [](Story& s) { s.InBackoff().AskStop().RestartDue(); },
       {},
       kOnFailure},
      {"RestartOfWhatRuns", [](Story& s) { s.Running().AskRestart(); },
       kOperatorStops},
      {"RestartGoesOnAtTheEnd",
       [](Story& s) { s.Running().AskRestart().OutputEnded().Exited(0); },
       {"record, asked: the child ended: exit code 0", "begin",
        "STARTING: the child is being started", "spawn"}},
      {"RestartIsDoneWhenItRuns",
       [](Story& s) { s.Running().AskRestart().Exited(0).Spawned().Opened(); },
       {"RUNNING: the child runs", "done restart: OK"}},
      {"RestartOfWhatStarts",
       [](Story& s) { s.Begin().Spawned().AskRestart(); }, kOperatorStops},
      {"RestartInBackoff", [](Story& s) { s.InBackoff().AskRestart(); },
       kStarts, kOnFailure},
      {"StartInBackoff", [](Story& s) { s.InBackoff().AskStart(); }, kStarts,
       kOnFailure},
      {"StartOfWhatStops",
       [](Story& s) { s.Running().AskStop().AskStart(); },
       {}},
      {"AStopThatAStartOvertook",
       [](Story& s) {
         s.Running().AskStop().AskStart().Exited(0).Spawned().Opened();
       },
       {"RUNNING: the child runs", "done stop: OK", "done start: OK"}},
      {"ARestartThatAStopOvertook",
       [](Story& s) { s.Running().AskRestart().AskStop().Exited(0); },
       {"tell ends", "end session: the child has ended", "stop: wait",
        "record, asked: the child ended: exit code 0",
        "STOPPED: the child ended: exit code 0", "done restart: ENDPOINT_DOWN",
        "done stop: OK"}},
      {"StartAfterAFailure", [](Story& s) { s.Running().Exited(1).AskStart(); },
       kStarts},
      {"AStartThatFails",
       [](Story& s) { s.Running().Exited(1).AskStart().SpawnFailed(); },
       {"FAILED: no trampoline; not started again (restart: never)",
        "done start: NOT_FOUND"}},
  };
}

INSTANTIATE_TEST_SUITE_P(Operators, SupervisorTest, ValuesIn(Operators()),
                         RowName);

std::vector<Row> Owners() {
  return {
      {"End",
       [](Story& s) { s.Running().End(); },
       {"tell ends", "STOPPING: the gateway stops it",
        "close input: is being stopped", "stop: wait"}},
      {"KillAfterEnd",
       [](Story& s) { s.Running().End().End(StopRung::kKill); },
       {"stop: kill"}},
      {"EndIsFinal",
       [](Story& s) { s.Running().End().OutputEnded().Exited(1); },
       {"record, asked: the child ended: exit code 1",
        "STOPPED: the child ended: exit code 1"},
       kOnFailure},
      {"KillInBackoff",
       [](Story& s) { s.InBackoff().End(StopRung::kKill); },
       {"STOPPED: the gateway stopped it"},
       kOnFailure},
      {"EndAfterAFailure", [](Story& s) { s.Running().Exited(1).End(); }, {}},
      {"EndOvertakesARestart",
       [](Story& s) { s.Running().AskRestart().End().Exited(0); },
       {"tell ends", "end session: the child has ended", "stop: wait",
        "record, asked: the child ended: exit code 0",
        "STOPPED: the child ended: exit code 0",
        "done restart: ENDPOINT_DOWN"}},
      {"NothingIsAskedAfterTheEnd",
       [](Story& s) { s.Running().End().AskStart(); },
       {"done start: SHUTTING_DOWN"}},
      {"EndWhileTheProgramCantBeExecuted",
       [](Story& s) { s.Begin().Spawned().ExecFailed().End(); },
       {"stop: wait"}},
  };
}

INSTANTIATE_TEST_SUITE_P(Owners, SupervisorTest, ValuesIn(Owners()), RowName);

const std::string kShort =
    "no descriptors (the gateway's own shortage; no start of the child); "
    "started again in ";

std::vector<Row> Shortages() {
  return {
      {"AtTheFirstStart",
       [](Story& s) { s.Begin().Shortage(); },
       {"BACKOFF: " + kShort + "100 ms", "done begin: OK", "start in 100"}},
      {"AtARestart",
       [](Story& s) { s.InBackoff().RestartDue().Shortage(); },
       {"BACKOFF: " + kShort + "100 ms", "start in 100"},
       kOnFailure},
      {"WhenAnOperatorStarts",
       [](Story& s) { s.Running().Exited(1).AskStart().Shortage(); },
       {"BACKOFF: " + kShort + "100 ms", "done start: ENDPOINT_DOWN",
        "start in 100"}},
      {"TheDelaysGrow",
       [](Story& s) { s.Begin().Shortage().RestartDue().Shortage(); },
       {"BACKOFF: " + kShort + "200 ms", "start in 200"}},
      {"IsTriedAgainAndRuns",
       [](Story& s) { s.Begin().Shortage().RestartDue().Spawned().Opened(); },
       {"RUNNING: the child runs"}},
      {"CountsForNothing",
       [](Story& s) {
         s.InBackoff();
         for (int i = 0; i < 10; ++i) s.RestartDue().Shortage();
         s.RestartDue().Spawned().Opened().OutputEnded().Exited(1);
       },
       {"record: the child ended: exit code 1",
        "BACKOFF: the child ended: exit code 1; started again in 200 ms",
        "start in 200"},
       kOnFailure},
      {"WhenTheProgramIsExecuted",
       [](Story& s) { s.Begin().Spawned().ExecShortage().Exited(127); },
       {"record, asked: no descriptors", "BACKOFF: " + kShort + "100 ms",
        "done begin: OK", "start in 100"}},
      {"WhenTheProgramIsExecutedTheDelaysGrow",
       [](Story& s) {
         s.Begin().Spawned().ExecShortage().Exited(127);
         s.RestartDue().Spawned().ExecShortage().Exited(127);
       },
       {"record, asked: no descriptors", "BACKOFF: " + kShort + "200 ms",
        "start in 200"}},
      {"WhenTheProgramIsExecutedItCountsForNothing",
       [](Story& s) {
         s.InBackoff();
         for (int i = 0; i < 10; ++i) {
           s.RestartDue().Spawned().ExecShortage().Exited(127);
         }
         s.RestartDue().Spawned().Opened().OutputEnded().Exited(1);
       },
       {"record: the child ended: exit code 1",
        "BACKOFF: the child ended: exit code 1; started again in 200 ms",
        "start in 200"},
       kOnFailure},
      {"WhenTheProgramIsExecutedAndItIsStopped",
       [](Story& s) {
         s.Begin().Spawned().AskStop();
         s.ExecShortage().Exited(127);
       },
       {"record, asked: no descriptors", "FAILED: no descriptors",
        "done begin: RESOURCE_EXHAUSTED", "done stop: OK"}},
      {"CanBeStopped",
       [](Story& s) { s.Begin().Shortage().AskStop(); },
       {"STOPPED: an operator stopped it", "done stop: OK"}},
  };
}

INSTANTIATE_TEST_SUITE_P(Shortages, SupervisorTest, ValuesIn(Shortages()),
                         RowName);

// --- Restarts that are forgiven, and children that hang --------------------

TEST(SupervisorPolicyTest, AnOperatorsStartBeginsTheDelaysAnew) {
  Story story(kOnFailure);
  story.InBackoff().RestartDue().Spawned().Opened().Exited(1);
  EXPECT_EQ(story.last().back(), "start in 200");
  story.AskStart().Spawned().Opened().Exited(1);
  EXPECT_EQ(story.last().back(), "start in 100");
}

TEST(SupervisorPolicyTest, ARunThatLastedBeginsTheDelaysAnew) {
  Story story(kOnFailure);
  story.InBackoff().RestartDue().Spawned().Opened();
  story.Wait(kOnFailure.sustained).Exited(1);
  EXPECT_EQ(story.last().back(), "start in 100");
}

TEST(SupervisorHangTest, AStoppedChildIsUnresponsiveUntilItGoesOn) {
  Story story({}, {.timeout = milliseconds(40)});
  story.Running();
  EXPECT_THAT(story.Stopped(false).last(), IsEmpty());
  EXPECT_THAT(story.Stopped(true).last(),
              ElementsAre("UNRESPONSIVE: the child is stopped by a signal"));
  EXPECT_THAT(story.Stopped(true).last(), IsEmpty());
  EXPECT_THAT(story.AskStart().last(), ElementsAre("done start: OK"));
  EXPECT_THAT(story.Stopped(false).last(),
              ElementsAre("RUNNING: the child reacts again"));
}

TEST(SupervisorHangTest, APeerIsToldOfAsAPeer) {
  Story story({}, {.timeout = milliseconds(40)}, kDialledPeerKind);
  story.Running().Tell(S::Looked{{.queued = 1}});
  const auto last =
      story.Wait(milliseconds(40)).Tell(S::Looked{{.queued = 1}}).last();
  EXPECT_THAT(
      last,
      ElementsAre(StartsWith("UNRESPONSIVE: the peer has not read for ")));
}

TEST(SupervisorHangTest, AChildThatHangsIsEndedIfAsked) {
  Story story({}, {.timeout = milliseconds(40), .end = true});
  story.Running().Stopped(true);
  EXPECT_THAT(
      story.last(),
      ElementsAre("tell ends", "STOPPING: the child is stopped by a signal",
                  "end session, look back: the child is stopped by a "
                  "signal",
                  "stop: terminate"));
}

TEST(SupervisorHangTest, OneThatStopsOrStartsIsNotLookedAt) {
  Story story({}, {.timeout = milliseconds(40), .end = true});
  story.Begin().Spawned();
  EXPECT_THAT(story.Stopped(true).last(), IsEmpty());
  story.Opened().End();
  EXPECT_THAT(story.Stopped(true).last(), IsEmpty());
}

TEST(SupervisorHangTest, ANewChildIsJudgedByItself) {
  constexpr milliseconds kPatience{40};
  Story story(kOnFailure, {.timeout = kPatience});
  story.Running().Tell(S::Looked{{.queued = 1}}).Exited(1);
  story.RestartDue().Spawned().Opened().Wait(kPatience);
  EXPECT_THAT(story.Tell(S::Looked{{.queued = 1}}).last(), IsEmpty());
  story.Wait(kPatience).Tell(S::Looked{{.queued = 1}});
  EXPECT_THAT(story.last(),
              ElementsAre("UNRESPONSIVE: the child has not read its stdin for "
                          "40 ms; 1 bytes wait"));
}

TEST(SupervisorTransportTest, IsOpenFromTheSpawnToTheStreamsEnd) {
  Story story;
  EXPECT_FALSE(story.Begin().supervisor().transport_open());
  EXPECT_TRUE(story.Spawned().supervisor().transport_open());
  EXPECT_TRUE(story.Opened().End().supervisor().transport_open());
  EXPECT_FALSE(story.OutputEnded().supervisor().transport_open());
  EXPECT_FALSE(story.Exited(0).supervisor().transport_open());
}

}  // namespace
}  // namespace thespian::gateway
