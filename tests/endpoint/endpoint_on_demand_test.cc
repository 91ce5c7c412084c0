// Endpoints that are started by their first message, and stopped when they have
// had nothing to do.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "endpoint/endpoint.h"
#include "endpoint/error.h"
#include "endpoint/loop/loop_thread.h"
#include "endpoint/loop/loop_timer.h"
#include "gmock/gmock.h"
#include "tests/endpoint/endpoint_fixture.h"
#include "tests/support/hex.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using std::chrono::milliseconds;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Not;
using ::testing::Pair;
using Request = Endpoint::Request;

// What "send-named:nobody:hi" leads to.
constexpr char kHello[] = "undeliverable: received 1 -> 'nobody': no_such_name";

MATCHER_P(FailsFor, reason, "fails for " + std::string(ReasonName(reason))) {
  *result_listener << "which is " << StatusOf(arg);
  return ReasonOf(StatusOf(arg)) == reason;
}

class EndpointOnDemandTest : public EndpointTest {
 protected:
  EndpointOnDemandTest() { options_.on_demand = true; }

  absl::Status Ask(Request request) {
    Awaited<std::vector<absl::Status>> told;
    endpoint_->Ask(request, [&told](absl::Status status) {
      told.Update([&](auto& all) { all.push_back(std::move(status)); });
    });
    EXPECT_TRUE(told.Await([](const auto& all) { return !all.empty(); }));
    return told.Get().empty() ? absl::UnknownError("not told")
                              : told.Get().front();
  }
  EndpointState State() const { return endpoint_->Status().state; }
  // Returns when the end of everything that was submitted is known.
  void AwaitWritten(size_t batches) {
    EXPECT_TRUE(written_.Await(
        [batches](const auto& all) { return all.size() == batches; }));
  }
  // Returns when the loop has done all that was posted to it.
  void AwaitLoop() {
    Awaited<bool> done;
    endpoint_->proxies().TakeSnapshot(
        [&done](const auto&) { done.Update([](bool& d) { d = true; }); });
    EXPECT_TRUE(done.Await([](bool d) { return d; }));
  }
  // Looks often enough for idle_stop to have had its time, had it been idle.
  void LetTimePass() {
    Awaited<int> rings;
    LoopThread loop;
    loop.Start();
    LoopTimer timer(loop.context(),
                    [&rings] { rings.Update([](int& n) { ++n; }); });
    loop.Post([&] { timer.StartIn(8 * options_.idle_stop); });
    EXPECT_TRUE(rings.Await([](int n) { return n == 1; }));
    loop.LetEnd();
    loop.Join();
  }
};

// --- The first message -----------------------------------------------------

TEST_F(EndpointOnDemandTest, NothingIsStartedBeforeTheFirstMessage) {
  Start({"echo"});
  const EndpointStatus status = endpoint_->Status();
  EXPECT_EQ(status.state, EndpointState::kIdle);
  EXPECT_EQ(status.pid, 0);
  EXPECT_EQ(status.uptime, std::nullopt);
  EXPECT_EQ(status.incarnation, Incarnation{1});
  EXPECT_TRUE(endpoint_->takes_messages());
  EXPECT_THAT(reader_.ReadTexts(), ElementsAre("state IDLE"));
}

TEST_F(EndpointOnDemandTest, TheFirstMessageStartsItAndIsAnswered) {
  const auto actor = Open();
  Start({"echo"});
  EXPECT_THAT(Send(actor->id(), "someone"), IsOk());
  EXPECT_THAT(actor->AwaitMail("1 says 01"),
              ElementsAre("endpoint IDLE", "endpoint STARTING",
                          "endpoint RUNNING", "1 says 01"));
  AwaitWritten(1);
  EXPECT_THAT(written_.Get(), ElementsAre(Pair(IsOk(), 1u)));
  EXPECT_EQ(endpoint_->Status().incarnation, Incarnation{1});
}

TEST_F(EndpointOnDemandTest, ManyAtOnceStartOneChildAndAllArriveInOrder) {
  constexpr int kThreads = 4;
  constexpr int kMessages = 200;
  std::vector<std::shared_ptr<TestActor>> actors;
  for (int i = 0; i < kThreads; ++i) actors.push_back(Open());
  Start({"echo"});
  std::vector<std::string> payloads;
  for (int i = 0; i < kMessages; ++i) {
    payloads.push_back({'\x18', static_cast<char>(24 + i)});
  }
  std::vector<std::thread> threads;
  for (const auto& actor : actors) {
    threads.emplace_back([&, id = actor->id()] {
      for (const std::string& p : payloads)
        EXPECT_THAT(Send(id, "x", p), IsOk());
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<std::string> expected;
  for (const std::string& p : payloads)
    expected.push_back("1 says " + ToHex(p));
  for (const auto& actor : actors) {
    std::vector<std::string> mail = actor->AwaitMail(expected.back());
    std::erase_if(mail, [](const std::string& text) {
      return text.starts_with("endpoint");
    });
    EXPECT_EQ(mail, expected);
  }
  EXPECT_EQ(endpoint_->Status().incarnation, Incarnation{1});
}

TEST_F(EndpointOnDemandTest, WhatIsWithdrawnBeforeTheStartIsNotSent) {
  const auto actor = Open();
  Start({"echo"});
  Awaited<int> in_between;
  on_state_ = [&](EndpointState state) {
    if (state != EndpointState::kStarting) return;
    EXPECT_TRUE(in_between.Await([](int n) { return n == 1; }));
  };
  FrameBatch batch(actor->id());
  ASSERT_THAT(endpoint_->sender().Add({actor->id(), "x", {}, "\x01"}, batch),
              IsOk());
  const auto submitted = SubmitNoting(
      endpoint_->sender(), batch,
      [this](const absl::Status& status, size_t frames) {
        written_.Update([&](auto& all) { all.emplace_back(status, frames); });
      });
  ASSERT_THAT(submitted, IsOk());
  EXPECT_TRUE(
      SessionSender::Withdraw(*submitted, absl::DeadlineExceededError("late")));
  in_between.Update([](int& n) { ++n; });
  EXPECT_THAT(
      written_.Get(),
      ElementsAre(Pair(StatusIs(absl::StatusCode::kDeadlineExceeded), 0u)));
  AwaitEvent("state RUNNING");
  EXPECT_THAT(Send(actor->id(), "x", "\x02"), IsOk());
  EXPECT_THAT(actor->AwaitMail("1 says 02"), Not(Contains("1 says 01")));
}

TEST_F(EndpointOnDemandTest, WhatWaitsIsBoundedByTheQueue) {
  options_.max_frame_bytes = 32'768;
  options_.queue = {.high_bytes = 64u << 10, .low_bytes = 32u << 10};
  Make({"echo"});
  Awaited<bool> full;
  on_state_ = [&full](EndpointState state) {
    if (state != EndpointState::kStarting) return;
    EXPECT_TRUE(full.Await([](bool f) { return f; }));
  };
  ASSERT_THAT(endpoint_->Start(), IsOk());
  const std::string large = "\x59\x75\x30" + std::string(30'000, 'x');
  size_t taken = 0;
  absl::Status refused = Send({}, "x", large);
  for (; refused.ok() && taken < 100; refused = Send({}, "x", large)) ++taken;
  EXPECT_THAT(refused, FailsFor(ErrorReason::kQueueFull));
  EXPECT_GT(taken, 0u);
  full.Update([](bool& f) { f = true; });
  AwaitWritten(taken);
  EXPECT_THAT(written_.Get(), Each(Pair(IsOk(), 1u)));
}

// --- Starts that fail ------------------------------------------------------

TEST_F(EndpointOnDemandTest, AStartThatFailsIsToldToAllThatWaits) {
  Make({"echo"});
  EndpointOptions options = endpoint_->facts().options;
  options.command.arguments = {"/nowhere/child"};
  endpoint_ = std::make_unique<Endpoint>(
      options, EndpointDeps{clock_, journal_, locals_, log_, [](auto) {}});
  ASSERT_THAT(endpoint_->Start(), IsOk());
  Send({}, "x").IgnoreError();
  AwaitEvent("state FAILED");
  EXPECT_THAT(written_.Get(),
              ElementsAre(Pair(FailsFor(ErrorReason::kEndpointDown), 0u)));
  EXPECT_THAT(Send({}, "x"), FailsFor(ErrorReason::kEndpointFailed));
}

// --- What an operator asks for ---------------------------------------------

TEST_F(EndpointOnDemandTest, AnOperatorStartsIt) {
  Start({"echo"});
  EXPECT_THAT(Ask(Request::kStart), IsOk());
  EXPECT_EQ(State(), EndpointState::kRunning);
  EXPECT_EQ(endpoint_->Status().incarnation, Incarnation{1});
}

TEST_F(EndpointOnDemandTest, ARestartStartsIt) {
  Start({"echo"});
  EXPECT_THAT(Ask(Request::kRestart), IsOk());
  EXPECT_EQ(State(), EndpointState::kRunning);
}

TEST_F(EndpointOnDemandTest, OneThatIsStoppedIsNotWokenButCanBeStarted) {
  const auto actor = Open();
  Start({"echo"});
  EXPECT_THAT(Ask(Request::kStop), IsOk());
  EXPECT_EQ(State(), EndpointState::kStopped);
  EXPECT_THAT(Send(actor->id(), "x"), FailsFor(ErrorReason::kEndpointDown));
  EXPECT_THAT(Ask(Request::kStart), IsOk());
  EXPECT_EQ(endpoint_->Status().incarnation, Incarnation{2});
  EXPECT_THAT(Send(actor->id(), "x"), IsOk());
  EXPECT_THAT(actor->AwaitMail("1 says 01"), Contains("1 says 01"));
}

TEST_F(EndpointOnDemandTest, OneThatWasNeverStartedEnds) {
  Start({"echo"});
  endpoint_->Stop();
  endpoint_->Join();
  EXPECT_EQ(State(), EndpointState::kStopped);
  EXPECT_THAT(Send({}, "x"), FailsFor(ErrorReason::kEndpointDown));
}

// --- Actors ----------------------------------------------------------------

TEST_F(EndpointOnDemandTest, NoActorIsKnownBeforeTheStart) {
  const auto actor = Open();
  Start({"echo"});
  EXPECT_THAT(Send(actor->id(), RemoteId{1}),
              FailsFor(ErrorReason::kActorUnknown));
  EXPECT_THAT(endpoint_->sender().Link(actor, {1}, {}), IsOk());
  EXPECT_THAT(actor->AwaitMail("1 exited: no_such_actor"),
              Contains("1 exited: no_such_actor"));
  locals_.Remove(actor->id());
  EXPECT_TRUE(actor->End("normal"));
  endpoint_->sender().EndLocal(actor);
  AwaitLoop();
  EXPECT_EQ(State(), EndpointState::kIdle);
}

// --- Stopped when it has had nothing to do ---------------------------------

class IdleStopTest : public EndpointOnDemandTest {
 protected:
  IdleStopTest() { options_.idle_stop = milliseconds(40); }
};

TEST_F(IdleStopTest, StopsAndIsStartedAgain) {
  const auto actor = Open();
  Start({"echo"});
  EXPECT_THAT(Send(actor->id(), "x"), IsOk());
  EXPECT_THAT(actor->AwaitMail("1 says 01"), Contains("1 says 01"));
  EXPECT_THAT(actor->AwaitMail("endpoint IDLE"),
              ElementsAre("endpoint STOPPING", "endpoint IDLE"));
  EXPECT_EQ(endpoint_->Status().pid, 0);
  ASSERT_NE(endpoint_->Status().last_exit, nullptr);
  EXPECT_EQ(endpoint_->Status().last_exit->exit.code, 0);
  EXPECT_THAT(Send(actor->id(), "x", "\x02"), IsOk());
  EXPECT_THAT(actor->AwaitMail("1 says 02"), Contains("endpoint RUNNING"));
  EXPECT_EQ(endpoint_->Status().incarnation, Incarnation{2});
}

TEST_F(IdleStopTest, OneThatWasStartedByHandStops) {
  Start({"echo"});
  AwaitEvent("state IDLE");
  EXPECT_THAT(Ask(Request::kStart), IsOk());
  EXPECT_THAT(AwaitEvent("state IDLE"),
              ElementsAre("state STARTING", "state RUNNING", "state STOPPING",
                          "state IDLE"));
}

TEST_F(IdleStopTest, NotWhileItIsLinked) {
  const auto actor = Open();
  Start({"send-named:nobody:hi", "mute"});
  ++endpoint_->stats().calls;  // until there is the link
  ASSERT_THAT(Ask(Request::kStart), IsOk());
  AwaitEvent(kHello);
  ASSERT_THAT(endpoint_->sender().Link(actor, {1}, {}), IsOk());
  AwaitEvent("linked 1 and 1 by local");
  --endpoint_->stats().calls;
  LetTimePass();
  EXPECT_EQ(State(), EndpointState::kRunning);
}

TEST_F(IdleStopTest, NotWhileBytesWait) {
  Start({"deaf"});
  const std::string large = "\x59\x75\x30" + std::string(30'000, 'x');
  for (int i = 0; i < 100; ++i) Send({}, "x", large).IgnoreError();
  AwaitEvent("state RUNNING");
  LetTimePass();
  EXPECT_EQ(State(), EndpointState::kRunning);
}

TEST_F(IdleStopTest, NotWhileACallIsUnderWay) {
  Start({"echo"});
  AwaitEvent("state IDLE");
  ++endpoint_->stats().calls;
  ASSERT_THAT(Ask(Request::kStart), IsOk());
  LetTimePass();
  EXPECT_EQ(State(), EndpointState::kRunning);
  --endpoint_->stats().calls;
  EXPECT_THAT(AwaitEvent("state IDLE"), Contains("state STOPPING"));
}

TEST_F(IdleStopTest, NotWhatIsStartedAtOnce) {
  options_.on_demand = false;
  Start({"echo"});
  LetTimePass();
  EXPECT_EQ(State(), EndpointState::kRunning);
}

}  // namespace
}  // namespace thespian::gateway
