// What follows for peers over sockets where it is not what follows for a child:
// each row is a story, and what its last event leads to.
#include "endpoint/supervision/peer_kind.h"

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

constexpr RestartOptions kAlways = {
    .mode = RestartMode::kAlways,
    .first_delay = std::chrono::milliseconds(100),
    .longest_delay = std::chrono::milliseconds(400),
    .max_starts = 0};

struct Row {
  std::string_view name;
  const PeerKind& kind;
  std::function<void(Story&)> tell;
  std::vector<std::string> follows;  // from the last event
  RestartOptions restart = kAlways;
};

class PeerKindTest : public ::testing::TestWithParam<Row> {};

TEST_P(PeerKindTest, DoesWhatFollows) {
  Story story(GetParam().restart, {}, GetParam().kind);
  GetParam().tell(story);
  EXPECT_THAT(story.last(), ElementsAreArray(GetParam().follows));
}

std::string RowName(const ::testing::TestParamInfo<Row>& row) {
  return std::string(row.param.name);
}

std::vector<Row> Dialled() {
  return {
      {"Begins",
       kDialledPeerKind,
       [](Story& s) { s.Begin(); },
       {"begin", "STARTING: the peer is being dialled", "spawn"}},
      {"Connects",
       kDialledPeerKind,
       [](Story& s) { s.Running(); },
       {"RUNNING: the peer is connected", "done begin: OK"}},
      {"IsDialledAgainAfterAFirstRefusal",
       kDialledPeerKind,
       [](Story& s) { s.Begin().Spawned().ExecFailed().Closed(); },
       {"record, asked: no program",
        "BACKOFF: no program; dialled again in 100 ms", "done begin: OK",
        "start in 100"}},
      {"IsNotDialledAgainIfItNeverShallBe",
       kDialledPeerKind,
       [](Story& s) { s.Begin().Spawned().ExecFailed().Closed(); },
       {"record, asked: no program",
        "FAILED: no program; not started again (restart: never)",
        "done begin: NOT_FOUND"},
       {}},
      {"IsStoppedWhileItIsNotReached",
       kDialledPeerKind,
       [](Story& s) { s.Begin().Spawned().ExecFailed().End().Closed(); },
       {"record, asked: no program", "STOPPED: no program",
        "done begin: NOT_FOUND"}},
      {"ClosesTheConnection",
       kDialledPeerKind,
       [](Story& s) { s.Running().OutputEnded(); },
       {"tell ends", "STOPPING: the peer closed the connection",
        "end session: the peer closed the connection", "stop: wait"}},
      {"IsDialledAgainAfterThat",
       kDialledPeerKind,
       [](Story& s) { s.Running().OutputEnded().Closed(); },
       {"record: the peer closed the connection",
        "BACKOFF: the peer closed the connection; dialled again in 100 ms",
        "start in 100"}},
      {"SaysPeerClosed",
       kDialledPeerKind,
       [](Story& s) { s.Running().Goodbye("peer_closed"); },
       {"tell ends", "STOPPING: peer_closed", "end session: peer_closed",
        "stop: wait"}},
      {"GivesUpTheStream",
       kDialledPeerKind,
       [](Story& s) { s.Running().Goodbye(); },
       {"tell ends", "STOPPING: transport_error: tired",
        "end session, look back: transport_error: tired", "stop: wait"}},
      {"IsStopped",
       kDialledPeerKind,
       [](Story& s) { s.Running().AskStop().OutputEnded().Closed(); },
       {"record, asked: the connection is closed",
        "STOPPED: the connection is closed", "done stop: OK"}},
  };
}

INSTANTIATE_TEST_SUITE_P(Dialled, PeerKindTest, ValuesIn(Dialled()), RowName);

std::vector<Row> Accepted() {
  return {
      {"IsStoppedForGoodByItsEnd",
       kAcceptedPeerKind,
       [](Story& s) { s.Running().OutputEnded().Closed(); },
       {"record: the peer closed the connection",
        "STOPPED: the peer closed the connection"}},
      {"CannotBeStartedAgain",
       kAcceptedPeerKind,
       [](Story& s) { s.Running().OutputEnded().Closed().AskStart(); },
       {"done start: SHUTTING_DOWN"}},
      {"EndsWithARestart",
       kAcceptedPeerKind,
       [](Story& s) { s.Running().AskRestart().OutputEnded().Closed(); },
       {"record, asked: the connection is closed",
        "STOPPED: the connection is closed", "done restart: ENDPOINT_DOWN"}},
      {"EndsWithAStop",
       kAcceptedPeerKind,
       [](Story& s) {
         s.Running().AskStop().OutputEnded().Closed().AskRestart();
       },
       {"done restart: SHUTTING_DOWN"}},
  };
}

INSTANTIATE_TEST_SUITE_P(Accepted, PeerKindTest, ValuesIn(Accepted()), RowName);

}  // namespace
}  // namespace thespian::gateway
