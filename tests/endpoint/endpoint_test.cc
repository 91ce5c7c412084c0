// How an endpoint's child starts and ends, and who is told. What it is sent is
// in endpoint_sending_test.cc.
#include "endpoint/endpoint.h"

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "endpoint/wire/message.h"
#include "gmock/gmock.h"
#include "tests/endpoint/endpoint_fixture.h"
#include "tests/support/hex.h"
#include "tests/support/patience.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Optional;
using ::testing::ValuesIn;

// For children that do not end by themselves.
constexpr std::chrono::milliseconds kShortGrace{20};

class EndpointLifeTest : public EndpointTest {};

// --- Start -----------------------------------------------------------------

TEST_F(EndpointLifeTest, RunsUntilItIsStopped) {
  grace_ = kPatience;
  Start({});
  const EndpointStatus running = endpoint_->Status();
  EXPECT_EQ(running.state, EndpointState::kRunning);
  EXPECT_GT(running.pid, 0);
  EXPECT_EQ(running.incarnation, Incarnation{1});
  EXPECT_EQ(running.last_exit, nullptr);
  clock_.Advance(std::chrono::seconds(7));
  EXPECT_THAT(endpoint_->Status().uptime, Optional(std::chrono::seconds(7)));

  endpoint_->Stop();
  endpoint_->Join();
  EXPECT_THAT(reader_.ReadTexts(),
              ElementsAre("state STARTING", "state RUNNING", "state STOPPING",
                          "state STOPPED"));
  const EndpointStatus stopped = endpoint_->Status();
  EXPECT_EQ(stopped.state, EndpointState::kStopped);
  EXPECT_EQ(stopped.pid, 0);
  EXPECT_EQ(stopped.uptime, std::nullopt);
  ASSERT_NE(stopped.last_exit, nullptr);
  EXPECT_THAT(stopped.last_exit->exit.code, Optional(0));
  EXPECT_EQ(stopped.last_exit->incarnation, Incarnation{1});
  EXPECT_EQ(stopped.last_exit->time, clock_.Now());
}

TEST_F(EndpointLifeTest, AProgramThatIsNotThereFailsTheStart) {
  options_.proxy_idle_timeout = std::chrono::hours(1);
  Make({});
  EndpointOptions options = endpoint_->facts().options;
  options.command.arguments = {"/no/such/program"};
  endpoint_ = std::make_unique<Endpoint>(
      options, EndpointDeps{clock_, journal_, locals_, log_, {}});
  EXPECT_THAT(endpoint_->Start(), StatusIs(absl::StatusCode::kNotFound,
                                           AllOf(HasSubstr("/no/such/program"),
                                                 HasSubstr("No such file"))));
  EXPECT_EQ(endpoint_->Status().state, EndpointState::kFailed);
  endpoint_->Join();
  EXPECT_THAT(reader_.ReadTexts(),
              ElementsAre("state STARTING", "state FAILED"));
  EXPECT_THAT(endpoint_->Status().last_exit->reason,
              HasSubstr("/no/such/program"));
}

TEST_F(EndpointLifeTest, AMissingTrampolineFailsTheStart) {
  options_.command.trampoline = "/no/such/trampoline";
  Make({});
  EXPECT_THAT(endpoint_->Start(), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(endpoint_->Status().state, EndpointState::kFailed);
  EXPECT_EQ(endpoint_->Status().last_exit, nullptr);
  endpoint_->Join();
}

TEST_F(EndpointLifeTest, EveryStateIsToldOnTheLoop) {
  Awaited<std::vector<std::string>> states;
  on_state_ = [&states](EndpointState state) {
    states.Update([&](auto& all) { all.emplace_back(StateName(state)); });
  };
  Start({});
  endpoint_->Stop();
  endpoint_->Join();
  EXPECT_THAT(states.Get(),
              ElementsAre("STARTING", "RUNNING", "STOPPING", "STOPPED"));
}

// --- Stop ------------------------------------------------------------------

TEST_F(EndpointLifeTest, StopTwiceIsStopOnce) {
  Start({});
  endpoint_->Stop();
  endpoint_->Stop();
  endpoint_->Join();
  endpoint_->Stop();
  EXPECT_THAT(reader_.ReadTexts(),
              ElementsAre("state STARTING", "state RUNNING", "state STOPPING",
                          "state STOPPED"));
}

TEST_F(EndpointLifeTest, AChildThatStaysOnIsTerminated) {
  grace_ = kShortGrace;
  Start({"mute"});
  endpoint_->Stop();
  endpoint_->Join();
  EXPECT_EQ(endpoint_->Status().state, EndpointState::kStopped);
  EXPECT_THAT(endpoint_->Status().last_exit->exit.signal, Optional(SIGTERM));
}

TEST_F(EndpointLifeTest, KillNeedsNoGrace) {
  grace_ = std::chrono::hours(1);
  Start({"deaf"});
  endpoint_->Stop();
  endpoint_->Kill();
  endpoint_->Join();
  EXPECT_EQ(endpoint_->Status().state, EndpointState::kStopped);
  EXPECT_THAT(endpoint_->Status().last_exit->exit.signal, Optional(SIGKILL));
}

TEST_F(EndpointLifeTest, JoinWaitsForAChildThatEndsByItself) {
  Start({"exit:0"});
  endpoint_->Join();
  EXPECT_EQ(endpoint_->Status().state, EndpointState::kFailed);
}

TEST_F(EndpointLifeTest, StopAfterTheChildsEndChangesNothing) {
  Start({"exit:3"});
  AwaitEvent("state FAILED");
  endpoint_->Stop();
  endpoint_->Join();
  EXPECT_EQ(endpoint_->Status().state, EndpointState::kFailed);
}

TEST_F(EndpointLifeTest, TheDestructorStopsTheChild) {
  grace_ = kShortGrace;
  Start({"mute"});
  endpoint_ = nullptr;
  EXPECT_EQ(reader_.ReadTexts().back(), "state STOPPED");
}

TEST_F(EndpointLifeTest, OneThatWasNeverStartedCanGo) {
  Make({});
  endpoint_ = nullptr;
  EXPECT_EQ(journal_.last_sequence(), 0u);
}

// --- The child's own end ---------------------------------------------------

std::string HexOf(const TransportErrorMessage& message) {
  std::string frame;
  AppendFrame(message, frame);
  return ToHex(frame);
}

struct Ending {
  std::string_view name;
  std::vector<std::string> verbs;
  std::vector<std::string> reasons;  // parts of the text
  std::chrono::milliseconds grace{20};
};

std::vector<Ending> Endings() {
  return {
      {"Success", {"exit:0"}, {"the child ended: exit code 0"}},
      {"Failure", {"exit:3"}, {"the child ended: exit code 3"}},
      {"Signal", {"signal:9"}, {"the child ended: signal 9 (Killed)"}},
      {"Goodbye",
       {"hex:" + HexOf({"tired"})},
       {"transport_error: tired", "exit code 0"},
       kPatience},
      {"NoFrame", {"hex:ff"}, {"protocol error", "ff"}},
      {"PrintedText",
       {"hex:" + ToHex("Hello, world\n")},
       {"protocol error", "stdout"}},
      {"MalformedMessage", {"hex:5a0000000101"}, {"protocol error"}},
      {"HugeFrame", {"announce:100000000"}, {"protocol error"}},
      {"EndInsideAFrame",
       {"hex:5a0000000584", "exit:0"},
       {"protocol error", "exit code 0"}},
      {"ClosedStdout", {"close-stdout", "deaf"}, {"signal 15"}},
  };
}

class EndingTest : public EndpointTest,
                   public ::testing::WithParamInterface<Ending> {};

TEST_P(EndingTest, IsToldWithItsReason) {
  grace_ = GetParam().grace;
  Start(GetParam().verbs);
  const std::vector<std::string> events = AwaitEvent("state FAILED");
  EXPECT_THAT(events, IsSupersetOf({"state STOPPING", "state FAILED"}));
  const auto last_exit = endpoint_->Status().last_exit;
  ASSERT_NE(last_exit, nullptr);
  for (const std::string& part : GetParam().reasons) {
    EXPECT_THAT(last_exit->reason, HasSubstr(part));
  }
}

INSTANTIATE_TEST_SUITE_P(Endings, EndingTest, ValuesIn(Endings()),
                         [](const auto& ending) {
                           return std::string(ending.param.name);
                         });

TEST_F(EndpointLifeTest, TheLastErrorLinesGoWithTheEnd) {
  Start({"stderr:one", "stderr:two", "exit:1"});
  const std::vector<std::string> events = AwaitEvent("state FAILED");
  EXPECT_THAT(events, IsSupersetOf({"stderr one", "stderr two"}));
  EXPECT_THAT(endpoint_->Status().last_exit->stderr_lines,
              ElementsAre("one", "two"));
}

TEST_F(EndpointLifeTest, FramesThatAreNotUnderstoodDoNotEndIt) {
  const auto actor = Open();
  options_.max_frame_bytes = 100;
  // An array without a verb; a frame over the limit; a message.
  const std::string too_large = "5a000000c8" + Repeat("80", 200);
  Start({"hex:5a0000000180", "hex:" + too_large, "send:1:x"});
  EXPECT_THAT(AwaitEvent("received 1 -> 1"),
              IsSupersetOf({"rejected 1 bytes", "rejected 200 bytes"}));
  EXPECT_EQ(endpoint_->Status().state, EndpointState::kRunning);
  EXPECT_EQ(endpoint_->Status().inbound.skipped, 2u);
}

// --- Who is told -----------------------------------------------------------

std::vector<std::string> FiveLinkedActors() {
  std::vector<std::string> verbs;
  for (int id = 1; id <= 5; ++id) {
    verbs.push_back("from:" + std::to_string(id));
    verbs.push_back("link:1");
  }
  verbs.push_back("deaf");
  return verbs;
}

TEST_F(EndpointLifeTest, AKilledChildEndsEveryLiveProxyOnce) {
  const auto actor = Open();
  Start(FiveLinkedActors());
  AwaitEvent("linked 5 and 1 by remote");
  ASSERT_EQ(kill(static_cast<pid_t>(endpoint_->Status().pid), SIGKILL), 0);
  const std::vector<std::string> events = AwaitEvent("state FAILED");
  std::vector<std::string> expected = {"state STOPPING"};
  for (int id = 1; id <= 5; ++id) {
    expected.push_back("unlinked " + std::to_string(id) +
                       " and 1: transport_closed");
    expected.push_back("closed " + std::to_string(id) +
                       " by transport: transport_closed");
  }
  expected.push_back("state FAILED");
  EXPECT_EQ(events, expected);
  EXPECT_THAT(
      actor->AwaitMail("endpoint FAILED"),
      ElementsAre("endpoint STARTING", "endpoint RUNNING", "endpoint STOPPING",
                  "1 exited: transport_closed", "2 exited: transport_closed",
                  "3 exited: transport_closed", "4 exited: transport_closed",
                  "5 exited: transport_closed", "endpoint FAILED"));
}

TEST_F(EndpointLifeTest, WhatTheChildSaidLastArrivesBeforeItsEnd) {
  const auto actor = Open();
  Start({"send:1:x", "link:1", "send:1:y", "exit:0"});
  EXPECT_THAT(actor->AwaitMail("endpoint FAILED"),
              ElementsAre("endpoint STARTING", "endpoint RUNNING",
                          "1 says 6178", "1 says 6179", "endpoint STOPPING",
                          "1 exited: transport_closed", "endpoint FAILED"));
}

// --- Limits for proxies ----------------------------------------------------

TEST_F(EndpointLifeTest, AsManyProxiesAsMayBeLive) {
  options_.max_proxies = 10;
  Start({"proxies:100"});
  AwaitEvent("created 100");
  const InboundStats inbound = endpoint_->Status().inbound;
  EXPECT_EQ(inbound.proxies_created, 100u);
  EXPECT_EQ(inbound.proxies_closed, 90u);
}

TEST_F(EndpointLifeTest, IdleProxiesAreReleased) {
  options_.proxy_idle_timeout = std::chrono::milliseconds(20);
  Start({"proxies:1"});
  AwaitEvent("created 1");
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(AwaitEvent("closed 1 by release: idle_timeout").back(),
            "closed 1 by release: idle_timeout");
}

}  // namespace
}  // namespace thespian::gateway
