// What follows from what for an endpoint that is started on demand: each row is
// a story, and what its last event leads to.
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/supervision/idle_detector.h"
#include "endpoint/supervision/supervisor.h"
#include "gmock/gmock.h"
#include "tests/endpoint/supervision/story.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::ValuesIn;

constexpr HangOptions kHang = {.timeout = std::chrono::milliseconds(40)};

struct Row {
  std::string_view name;
  std::function<void(Story&)> tell;
  std::vector<std::string> follows;  // from the last event
  RestartOptions restart = {};       // never
};

class OnDemandTest : public ::testing::TestWithParam<Row> {};

TEST_P(OnDemandTest, DoesWhatFollows) {
  Story story(GetParam().restart, kHang, kChildPeerKind,
              Supervisor::FirstStart::kOnDemand);
  GetParam().tell(story);
  EXPECT_THAT(story.last(), ElementsAreArray(GetParam().follows));
}

std::string RowName(const ::testing::TestParamInfo<Row>& row) {
  return std::string(row.param.name);
}

const std::string kIdle =
    "IDLE: there is no child: the first message starts it";
const std::vector<std::string> kStarts = {
    "STARTING: the child is being started", "spawn"};
const std::vector<std::string> kAnew = {
    "begin", "STARTING: the child is being started", "spawn"};

Story& Running(Story& s) { return s.Begin().Wake().Spawned().Opened(); }

std::vector<Row> Starts() {
  return {
      {"Begin",
       [](Story& s) { s.Begin(); },
       {"begin", "await message", kIdle, "done begin: OK"}},
      {"Wake", [](Story& s) { s.Begin().Wake(); }, kStarts},
      {"WakeTwice", [](Story& s) { s.Begin().Wake().Wake(); }, {}},
      {"WakeWhileItRuns", [](Story& s) { Running(s).Wake(); }, {}},
      {"Opened", [](Story& s) { Running(s); }, {"RUNNING: the child runs"}},
      {"NoTrampoline",
       [](Story& s) { s.Begin().Wake().SpawnFailed(); },
       {"drop session: no trampoline", "FAILED: no trampoline"},
       kOnFailure},
      {"NoDescriptors",
       [](Story& s) { s.Begin().Wake().Shortage(); },
       {"drop session: no descriptors",
        "BACKOFF: no descriptors (the gateway's own shortage; no start of the "
        "child); started again in 100 ms",
        "start in 100"},
       kOnFailure},
      {"AndThenInTheOrdinaryWay",
       [](Story& s) { s.Begin().Wake().Shortage().RestartDue(); }, kAnew,
       kOnFailure},
      {"NoProgram",
       [](Story& s) { s.Begin().Wake().Spawned().ExecFailed(); },
       {"close input: no program"}},
      {"NoProgramAndItsEnd",
       [](Story& s) { s.Begin().Wake().Spawned().ExecFailed().Exited(127); },
       {"record, asked: no program", "FAILED: no program"}},
      {"AnEndIsThatOfAnyChild",
       [](Story& s) { Running(s).OutputEnded().Exited(1); },
       {"record: the child ended: exit code 1",
        "BACKOFF: the child ended: exit code 1; started again in 100 ms",
        "start in 100"},
       kOnFailure},
      {"NobodyLooksAtWhatIsNotThere",
       [](Story& s) { s.Begin().Stopped(true); },
       {}},
  };
}

INSTANTIATE_TEST_SUITE_P(Starts, OnDemandTest, ValuesIn(Starts()), RowName);

std::vector<Row> Requests() {
  return {
      {"Start", [](Story& s) { s.Begin().AskStart(); }, kStarts},
      {"StartIsDoneOnceItRuns",
       [](Story& s) { s.Begin().AskStart().Spawned().Opened(); },
       {"RUNNING: the child runs", "done start: OK"}},
      {"Restart", [](Story& s) { s.Begin().AskRestart(); }, kStarts},
      {"Stop",
       [](Story& s) { s.Begin().AskStop(); },
       {"drop session: an operator stopped it",
        "STOPPED: an operator stopped it", "done stop: OK"}},
      {"WakeOfOneThatIsStopped",
       [](Story& s) { s.Begin().AskStop().Wake(); },
       {}},
      {"StartOfOneThatIsStopped",
       [](Story& s) { s.Begin().AskStop().AskStart(); }, kAnew},
      {"StartOfOneThatHasFailed",
       [](Story& s) { s.Begin().Wake().SpawnFailed().AskStart(); }, kAnew},
      {"End",
       [](Story& s) { s.Begin().End(); },
       {"drop session: the gateway stopped it",
        "STOPPED: the gateway stopped it"}},
      {"NothingFollowsTheEnd",
       [](Story& s) { s.Begin().End().AskStart(); },
       {"done start: SHUTTING_DOWN"}},
      {"StopWhileItIsWoken",
       [](Story& s) { s.Begin().Wake().Spawned().AskStop(); },
       {"tell ends", "STOPPING: an operator stops it",
        "close input: is being stopped", "stop: wait"}},
  };
}

INSTANTIATE_TEST_SUITE_P(Requests, OnDemandTest, ValuesIn(Requests()), RowName);

std::vector<Row> Rests() {
  const std::vector<std::string> stops = {
      "tell ends", "STOPPING: it has had nothing to do",
      "close input: is being stopped", "stop: wait"};
  return {
      {"Idled", [](Story& s) { Running(s).Idled(); }, stops},
      {"IdledTwice", [](Story& s) { Running(s).Idled().Idled(); }, {}},
      {"IdledWhileItStarts",
       [](Story& s) { s.Begin().Wake().Spawned().Idled(); },
       {}},
      {"IdledWhileItHangs",
       [](Story& s) { Running(s).Stopped(true).Idled(); },
       {}},
      {"StdoutEnds",
       [](Story& s) { Running(s).Idled().OutputEnded(); },
       {"tell ends", "end session: the child's stdout has ended",
        "stop: wait"}},
      {"Exited",
       [](Story& s) { Running(s).Idled().OutputEnded().Exited(0); },
       {"record, asked: the child ended: exit code 0", "begin", "await message",
        kIdle}},
      {"AFailureOnTheWayIsNoFailure",
       [](Story& s) { Running(s).Idled().OutputEnded().Exited(1); },
       {"record, asked: the child ended: exit code 1", "begin", "await message",
        kIdle},
       kOnFailure},
      {"WokenAgain",
       [](Story& s) { Running(s).Idled().OutputEnded().Exited(0).Wake(); },
       kStarts},
      {"StartWhileItGoesToRest",
       [](Story& s) { Running(s).Idled().AskStart().OutputEnded().Exited(0); },
       {"record, asked: the child ended: exit code 0", "begin",
        "STARTING: the child is being started", "spawn"}},
      {"StopWhileItGoesToRest",
       [](Story& s) { Running(s).Idled().AskStop().OutputEnded().Exited(0); },
       {"record, asked: the child ended: exit code 0",
        "STOPPED: the child ended: exit code 0", "done stop: OK"}},
      {"EndWhileItGoesToRest",
       [](Story& s) { Running(s).Idled().End().OutputEnded().Exited(0); },
       {"record, asked: the child ended: exit code 0",
        "STOPPED: the child ended: exit code 0"}},
  };
}

INSTANTIATE_TEST_SUITE_P(Rests, OnDemandTest, ValuesIn(Rests()), RowName);

TEST(OnDemandPolicyTest, RestsAreNoCrashLoop) {
  Story story(kOnFailure, {}, kChildPeerKind,
              Supervisor::FirstStart::kOnDemand);
  story.Begin();
  for (size_t i = 0; i < kOnFailure.max_starts; ++i) {
    story.Wake().Spawned().Opened().Idled().OutputEnded().Exited(0);
  }
  story.Wake().Spawned().Opened().Exited(1);
  EXPECT_EQ(story.last().back(), "start in 100");
}

TEST(OnDemandPolicyTest, OneThatIsStartedAtOnceDoesNotRest) {
  Story story;
  EXPECT_THAT(story.Running().Idled().last(), IsEmpty());
}

TEST(IdleDetectorTest, FourQuietLooksInARowAreEnough) {
  IdleDetector idle;
  const auto look = [&idle](uint64_t traffic, bool busy = false) {
    return idle.Look({.traffic = traffic, .busy = busy});
  };
  EXPECT_FALSE(look(7));
  EXPECT_FALSE(look(7));
  EXPECT_FALSE(look(7));
  EXPECT_FALSE(look(7));
  EXPECT_TRUE(look(7));
  EXPECT_FALSE(look(8));
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(look(8));
  EXPECT_FALSE(look(8, /*busy=*/true));
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(look(8));
  EXPECT_TRUE(look(8));
}

}  // namespace
}  // namespace thespian::gateway
