// What an endpoint does when its child ends or hangs, and when an operator
// wants something of it.
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "endpoint/endpoint.h"
#include "endpoint/error.h"
#include "gmock/gmock.h"
#include "tests/endpoint/endpoint_fixture.h"
#include "tests/support/patience.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace thespian::gateway {
namespace {

using std::chrono::milliseconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Optional;
using Request = Endpoint::Request;

// What "send-named:nobody:hi" leads to.
constexpr char kHello[] = "undeliverable: received 1 -> 'nobody': no_such_name";

MATCHER_P(FailsFor, reason, "fails for " + std::string(ReasonName(reason))) {
  *result_listener << "which is " << StatusOf(arg);
  return ReasonOf(StatusOf(arg)) == reason;
}

class EndpointRestartTest : public EndpointTest {
 protected:
  EndpointRestartTest() {
    options_.restart = {.mode = RestartMode::kOnFailure,
                        .first_delay = milliseconds(1),
                        .longest_delay = milliseconds(4)};
  }

  // How `request` turned out. The status is moved, never shared with the loop:
  // TSan does not see into Debian's abseil, and takes the end of a status that
  // two threads have held for a race.
  absl::Status Ask(Request request) {
    Awaited<std::vector<absl::Status>> heard;
    endpoint_->Ask(request, [&heard](absl::Status status) {
      heard.Update([&](auto& all) { all.push_back(std::move(status)); });
    });
    EXPECT_TRUE(heard.Await([](const auto& all) { return !all.empty(); }));
    return heard.Get().empty() ? absl::UnknownError("not told")
                               : heard.Get().front();
  }

  void Kill(int signal) {
    ASSERT_EQ(kill(static_cast<pid_t>(endpoint_->Status().pid), signal), 0);
  }

  std::string Reason() const { return endpoint_->Status().reason; }
};

// --- Restarts --------------------------------------------------------------

TEST_F(EndpointRestartTest, AChildThatIsKilledIsStartedAgain) {
  Start({"mute"});
  AwaitEvent("state RUNNING");
  Kill(SIGKILL);
  EXPECT_THAT(AwaitEvent("state RUNNING"),
              ElementsAre("state STOPPING", "state BACKOFF", "state STARTING",
                          "state RUNNING"));
  const EndpointStatus report = endpoint_->Status();
  EXPECT_EQ(report.incarnation, Incarnation{2});
  ASSERT_NE(report.last_exit, nullptr);
  EXPECT_EQ(report.last_exit->incarnation, Incarnation{1});
  EXPECT_THAT(report.last_exit->exit.signal, Optional(SIGKILL));
}

TEST_F(EndpointRestartTest, AnOrderlyEndIsFinalUnlessAlwaysIsAsked) {
  Start({"exit:0"});
  AwaitEvent("state FAILED");
  EXPECT_THAT(Reason(), HasSubstr("restart: on-failure"));
  EXPECT_EQ(endpoint_->Status().incarnation, Incarnation{1});
}

TEST_F(EndpointRestartTest, AProtocolErrorIsAFailureWhateverTheExitCode) {
  Start({"hex:ff", "until-eof", "exit:0"});
  EXPECT_THAT(AwaitEvent("state BACKOFF"), Contains("state STOPPING"));
  EXPECT_THAT(endpoint_->Status().last_exit->reason,
              HasSubstr("protocol error"));
}

TEST_F(EndpointRestartTest, ACrashLoopIsGivenUp) {
  options_.restart.max_starts = 3;
  Start({"exit:5"});
  AwaitEvent("state FAILED");
  EXPECT_EQ(endpoint_->Status().incarnation, Incarnation{3});
  EXPECT_THAT(Reason(), HasSubstr("given up after 3 starts"));
  EXPECT_THAT(Reason(), HasSubstr("exit code 5"));
  EXPECT_THAT(Send({}, "x"), FailsFor(ErrorReason::kEndpointFailed));
}

TEST_F(EndpointRestartTest, ALaterStartThatFailsIsTriedAgain) {
  const TempDir directory;
  const std::string program = directory.File("child");
  ASSERT_EQ(symlink(TG_SCRIPTED_CHILD, program.c_str()), 0);
  options_.restart.max_starts = 3;
  Make({});
  EndpointOptions options = endpoint_->facts().options;
  options.command.arguments = {program, "exit:1"};
  endpoint_ = std::make_unique<Endpoint>(
      options,
      EndpointDeps{clock_, journal_, locals_, log_, [&](EndpointState state) {
                     if (state == EndpointState::kBackoff)
                       unlink(program.c_str());
                   }});
  ASSERT_THAT(endpoint_->Start(), IsOk());
  AwaitEvent("state FAILED");
  EXPECT_EQ(endpoint_->Status().incarnation, Incarnation{3});
  EXPECT_THAT(Reason(), HasSubstr("No such file"));
}

TEST_F(EndpointRestartTest, AnIdOfAnEarlierRunIsRefused) {
  Start({"send-named:nobody:hi", "mute"});
  AwaitEvent(kHello);
  Kill(SIGKILL);
  AwaitEvent("state RUNNING");
  EXPECT_THAT(Send({}, RemoteId{1}, "\x01", Incarnation{1}),
              FailsFor(ErrorReason::kIncarnationStale));
}

TEST_F(EndpointRestartTest, FiguresAreKeptOverRuns) {
  Start({"frames:2", "signal:9"});
  for (uint64_t run = 1; run <= 3; ++run) {
    AwaitEvent("state RUNNING");
    ASSERT_THAT(Send({}, "x"), IsOk());
    ASSERT_THAT(Send({}, "x"), IsOk());
  }
  AwaitEvent("state RUNNING");
  EXPECT_EQ(endpoint_->Status().outbound.messages.written, 6u);
}

TEST_F(EndpointRestartTest, StopInBackoffEndsIt) {
  options_.restart.first_delay = options_.restart.longest_delay =
      std::chrono::hours(1);
  Start({"exit:1"});
  AwaitEvent("state BACKOFF");
  endpoint_->Stop();
  endpoint_->Join();
  EXPECT_EQ(endpoint_->Status().state, EndpointState::kStopped);
}

// --- Local actors ----------------------------------------------------------

TEST_F(EndpointRestartTest, LinksEndOnceAndTheActorGoesOn) {
  const auto actor = Open("ready");
  Start({"send-named:ready:hi", "mute"});
  actor->AwaitMail("1 says 626869");
  ASSERT_THAT(endpoint_->sender().Link(actor, {1}, {}), IsOk());
  AwaitEvent("linked 1 and 1 by local");

  Kill(SIGKILL);

  // The new run greets it, too.
  EXPECT_THAT(actor->AwaitMail("1 says 626869"),
              ElementsAre("endpoint STOPPING", "1 exited: transport_closed",
                          "endpoint BACKOFF", "endpoint STARTING",
                          "endpoint RUNNING", "1 says 626869"));
}

// --- Operators -------------------------------------------------------------

TEST_F(EndpointRestartTest, StopStaysStoppedUntilStart) {
  grace_ = kPatience;
  options_.restart.mode = RestartMode::kAlways;
  Start({});
  EXPECT_THAT(Ask(Request::kStop), IsOk());
  EXPECT_EQ(endpoint_->Status().state, EndpointState::kStopped);
  EXPECT_THAT(Reason(), HasSubstr("exit code 0"));
  EXPECT_THAT(Ask(Request::kStop), IsOk());
  EXPECT_THAT(Send({}, "x"), FailsFor(ErrorReason::kEndpointDown));
  EXPECT_THAT(Ask(Request::kStart), IsOk());
  EXPECT_EQ(endpoint_->Status().state, EndpointState::kRunning);
  EXPECT_EQ(endpoint_->Status().incarnation, Incarnation{2});
  EXPECT_THAT(Ask(Request::kStart), IsOk());
  EXPECT_EQ(endpoint_->Status().incarnation, Incarnation{2});
}

TEST_F(EndpointRestartTest, RestartMakesANewRun) {
  Start({});
  EXPECT_THAT(Ask(Request::kRestart), IsOk());
  EXPECT_EQ(endpoint_->Status().incarnation, Incarnation{2});
  EXPECT_THAT(reader_.ReadTexts(),
              ElementsAre("state STARTING", "state RUNNING", "state STOPPING",
                          "state STARTING", "state RUNNING"));
}

TEST_F(EndpointRestartTest, StartRevivesAChildThatWasGivenUp) {
  options_.restart.max_starts = 1;
  Start({"exit:1"});
  AwaitEvent("state FAILED");
  EXPECT_THAT(Ask(Request::kStart), IsOk());
  EXPECT_EQ(endpoint_->Status().incarnation, Incarnation{2});
}

TEST_F(EndpointRestartTest, StartCutsTheBackoffShort) {
  options_.restart.first_delay = options_.restart.longest_delay =
      std::chrono::hours(1);
  Start({"exit:1"});
  AwaitEvent("state BACKOFF");
  EXPECT_THAT(Ask(Request::kStart), IsOk());
  EXPECT_EQ(endpoint_->Status().incarnation, Incarnation{2});
}

TEST_F(EndpointRestartTest, NothingIsStartedOnceTheGatewayEnds) {
  Start({});
  endpoint_->Stop();
  EXPECT_THAT(Ask(Request::kStart), FailsFor(ErrorReason::kShuttingDown));
  endpoint_->Join();
  EXPECT_THAT(Ask(Request::kRestart), FailsFor(ErrorReason::kShuttingDown));
  EXPECT_EQ(endpoint_->Status().incarnation, Incarnation{1});
}

// --- Children that hang ----------------------------------------------------

TEST_F(EndpointRestartTest, AStoppedChildIsUnresponsiveUntilItGoesOn) {
  options_.hang.timeout = milliseconds(40);
  Start({"mute"});
  AwaitEvent("state RUNNING");
  Kill(SIGSTOP);
  AwaitEvent("state UNRESPONSIVE");
  EXPECT_THAT(Reason(), HasSubstr("stopped by a signal"));
  EXPECT_THAT(Send({}, "x"), IsOk());
  Kill(SIGCONT);
  EXPECT_THAT(AwaitEvent("state RUNNING"), Not(Contains("state STOPPING")));
}

TEST_F(EndpointRestartTest, AChildThatTakesNothingIsUnresponsive) {
  options_.hang.timeout = milliseconds(40);
  Start({"deaf"});
  AwaitEvent("state RUNNING");
  const std::string large = "\x59\x75\x30" + std::string(30'000, 'x');
  for (int i = 0; i < 50; ++i) Send({}, "x", large).IgnoreError();
  // The clock decides how long it waited; the loop, when it looks.
  while (endpoint_->Status().state != EndpointState::kUnresponsive) {
    clock_.Advance(milliseconds(1));
  }
  EXPECT_THAT(Reason(), HasSubstr("has not read its stdin"));
}

TEST_F(EndpointRestartTest, AChildThatHangsIsReplacedIfAsked) {
  options_.hang.timeout = milliseconds(40);
  options_.hang.end = true;
  grace_ = milliseconds(10);
  Start({"ignore-sigterm", "mute"});
  AwaitEvent("state RUNNING");
  Kill(SIGSTOP);
  EXPECT_THAT(AwaitEvent("state RUNNING"),
              ElementsAre("state STOPPING", "state BACKOFF", "state STARTING",
                          "state RUNNING"));
  EXPECT_THAT(endpoint_->Status().last_exit->reason,
              HasSubstr("stopped by a signal"));
}

TEST_F(EndpointRestartTest, AChildThatClosesItsStdinIsReplaced) {
  Start({"close-stdin", "send-named:nobody:hi", "deaf"});
  AwaitEvent(kHello);
  EXPECT_FALSE(Send({}, "x").ok() && Send({}, "x").ok() &&
               written_.Get().size() == 2 && written_.Get()[1].first.ok());
  AwaitEvent("state BACKOFF");
  EXPECT_THAT(endpoint_->Status().last_exit->reason,
              HasSubstr("closed its stdin"));
}

// --- Strictness ------------------------------------------------------------

TEST_F(EndpointRestartTest, StrictnessMakesAnUnknownVerbFatal) {
  options_.strict_protocol = true;
  Start({"hex:5a00000003816161", "mute"});
  AwaitEvent("state BACKOFF");
  EXPECT_THAT(endpoint_->Status().last_exit->reason, HasSubstr("strict"));
}

}  // namespace
}  // namespace thespian::gateway
