// What follows from what for an endpoint whose place another one has taken: it
// goes on until its child ends, and no other run follows.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "tests/endpoint/supervision/story.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAreArray;
using ::testing::ValuesIn;

struct Row {
  std::string_view name;
  std::function<void(Story&)> tell;
  std::vector<std::string> follows;  // from the last event
  Supervisor::FirstStart first = Supervisor::FirstStart::kAtOnce;
};

class DrainTest : public ::testing::TestWithParam<Row> {};

// Whatever its own rules say.
TEST_P(DrainTest, DoesWhatFollows) {
  RestartOptions always = kOnFailure;
  always.mode = RestartMode::kAlways;
  Story story(always, {}, kChildPeerKind, GetParam().first);
  GetParam().tell(story);
  EXPECT_THAT(story.last(), ElementsAreArray(GetParam().follows));
}

std::vector<Row> Rows() {
  constexpr auto kOnDemand = Supervisor::FirstStart::kOnDemand;
  const std::vector<std::string> stops = {
      "tell ends", "STOPPING: an operator stops it",
      "close input: is being stopped", "stop: wait"};
  return {
      {"ItGoesOn", [](Story& s) { s.Running().Drain(); }, {}},
      {"AFailureIsItsEnd",
       [](Story& s) { s.Running().Drain().OutputEnded().Exited(1); },
       {"record: the child ended: exit code 1",
        "STOPPED: the child ended: exit code 1"}},
      {"AnOrderlyEndIsItsEnd",
       [](Story& s) { s.Running().Drain().OutputEnded().Exited(0); },
       {"record: the child ended: exit code 0",
        "STOPPED: the child ended: exit code 0"}},
      {"AnEndThatHasBegunIsItsEnd",
       [](Story& s) { s.Running().OutputEnded().Drain().Exited(1); },
       {"record: the child ended: exit code 1",
        "STOPPED: the child ended: exit code 1"}},
      {"OneThatWaitsToBeStartedAgainIsNot",
       [](Story& s) { s.Running().OutputEnded().Exited(1).Drain(); },
       {"STOPPED: the gateway stopped it"}},
      {"NorLater",
       [](Story& s) {
         s.Running().OutputEnded().Exited(1).Drain().RestartDue();
       },
       {}},
      {"ARestartIsAStop",
       [stops](Story& s) { s.Running().Drain().AskRestart(); }, stops},
      {"ARestartThatHasBegunIsAStop",
       [](Story& s) {
         s.Running().AskRestart().OutputEnded().Drain().Exited(0);
       },
       {"record, asked: the child ended: exit code 0",
        "STOPPED: the child ended: exit code 0",
        "done restart: ENDPOINT_DOWN"}},
      {"NothingFollowsItsEnd",
       [](Story& s) { s.Running().Drain().Exited(1).AskStart(); },
       {"done start: SHUTTING_DOWN"}},
      {"AnIdleOneStaysSo", [](Story& s) { s.Begin().Drain(); }, {}, kOnDemand},
      {"AnIdleOneIsWokenForALastRun",
       [](Story& s) { s.Begin().Drain().Wake(); },
       {"STARTING: the child is being started", "spawn"},
       kOnDemand},
      {"WhichEndsForGood",
       [](Story& s) { s.Begin().Drain().Wake().Spawned().Opened().Exited(1); },
       {"tell ends", "STOPPING: the child has ended",
        "end session: the child has ended", "stop: wait",
        "record: the child ended: exit code 1",
        "STOPPED: the child ended: exit code 1"},
       kOnDemand},
      {"OneThatHasHadNothingToDoIsNotIdle",
       [](Story& s) {
         s.Begin().Wake().Spawned().Opened().Idled().Drain().Exited(0);
       },
       {"tell ends", "end session: the child has ended", "stop: wait",
        "record, asked: the child ended: exit code 0",
        "STOPPED: the child ended: exit code 0"},
       kOnDemand},
  };
}

INSTANTIATE_TEST_SUITE_P(Rows, DrainTest, ValuesIn(Rows()),
                         [](const ::testing::TestParamInfo<Row>& row) {
                           return std::string(row.param.name);
                         });

}  // namespace
}  // namespace thespian::gateway
