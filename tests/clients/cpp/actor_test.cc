#include "clients/cpp/actor.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "clients/cpp/client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/clients/cpp/recorder.h"
#include "tests/clients/fake_gateway.h"
#include "tests/support/awaited.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway::client {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr absl::Duration kPatience = absl::Seconds(30);

class ActorTest : public ::testing::Test {
 protected:
  std::unique_ptr<Actor> Attach(const AttachOptions& options = {}) {
    return Connect({.address = gateway_.address()})->Attach(options, recorder_);
  }

  // What scripts use lives longer than the calls, which the gateway ends.
  absl::Notification go_on_;
  FakeGateway gateway_;
  Recorder recorder_;
};

TEST_F(ActorTest, TellsWhatHappensInOrder) {
  gateway_.attach = EchoToActor;
  const auto actor = Attach();
  EXPECT_THAT(actor->SendNamed({.name = "echo"}, "\x01"), IsOk());
  EXPECT_THAT(actor->Send({.id = {7}}, "\x02", /*command_id=*/4), IsOk());
  EXPECT_THAT(actor->Send({.id = {8}}, "\x03", /*command_id=*/5), IsOk());
  EXPECT_THAT(actor->Link({.id = {7}}), IsOk());
  EXPECT_THAT(actor->Close(kPatience), IsOk());
  EXPECT_THAT(
      recorder_.lines(),
      ElementsAre("opened 5 secret", "from 7 01", "result 4 OK", "from 7 02",
                  "result 5 ACTOR_UNKNOWN", "exited 7 normal", "done OK"));
}

TEST_F(ActorTest, SaysToTheGatewayWhatItWasAskedTo) {
  std::vector<v1::ActorCommand> commands;
  gateway_.attach = [&commands](FakeGateway::AttachStream& stream) {
    v1::AttachRequest request;
    while (stream.Read(&request)) {
      commands.insert(commands.end(), request.commands().begin(),
                      request.commands().end());
    }
    return grpc::Status::OK;
  };
  const auto actor = Attach({.name = "me"});
  actor->Send({.endpoint = "e", .id = {7}, .incarnation = {2}}, "\x01", 1)
      .IgnoreError();
  actor->SendNamed({.endpoint = "e", .name = "echo"}, "\x02").IgnoreError();
  actor->Link({.endpoint = "e", .id = {7}, .incarnation = {2}}).IgnoreError();
  ASSERT_THAT(actor->Close(kPatience), IsOk());
  ASSERT_THAT(commands, SizeIs(4));
  EXPECT_EQ(commands[0].open().name(), "me");
  EXPECT_EQ(commands[0].open().encoding(), v1::PAYLOAD_ENCODING_CBOR);
  EXPECT_EQ(commands[1].command_id(), 1u);
  EXPECT_EQ(commands[1].send().endpoint(), "e");
  EXPECT_EQ(commands[1].send().to_id(), 7u);
  EXPECT_EQ(commands[1].send().incarnation(), 2u);
  EXPECT_EQ(commands[1].send().payload().cbor(), "\x01");
  EXPECT_EQ(commands[2].send_named().endpoint(), "e");
  EXPECT_EQ(commands[2].send_named().to_name(), "echo");
  EXPECT_EQ(commands[2].send_named().payload().cbor(), "\x02");
  EXPECT_EQ(commands[3].link().remote_id(), 7u);
  EXPECT_EQ(commands[3].link().incarnation(), 2u);
}

TEST_F(ActorTest, TellsEveryKindOfEvent) {
  gateway_.attach = [](FakeGateway::AttachStream& stream) {
    v1::AttachResponse response;
    response.add_events()->mutable_heartbeat();
    response.add_events();  // of a newer gateway
    response.add_events()->mutable_endpoint_changed()->set_endpoint("e");
    response.add_events()->mutable_closing()->set_reason("shutting down");
    stream.Write(response);
    return AsGrpc(RichError(StatusCode::kUnavailable, "shutting down",
                            "SHUTTING_DOWN", /*retryable=*/true));
  };
  const auto actor = Attach();
  recorder_.done.WaitForNotification();
  EXPECT_THAT(
      recorder_.lines(),
      ElementsAre("endpoint e", "closing shutting down", "done UNAVAILABLE"));
  const absl::Status status = actor->Close(kPatience);
  EXPECT_EQ(ReasonOf(status), "SHUTTING_DOWN");
  EXPECT_THAT(actor->Send({.id = {7}}, "\x01"),
              StatusIs(StatusCode::kFailedPrecondition));
}

TEST_F(ActorTest, TakesNoCommandsOnceItIsHalfClosed) {
  gateway_.attach = EchoToActor;
  const auto actor = Attach();
  actor->HalfClose();
  EXPECT_THAT(actor->Send({.id = {7}}, "\x01"),
              StatusIs(StatusCode::kFailedPrecondition));
  recorder_.done.WaitForNotification();
  EXPECT_THAT(actor->Close(kPatience), IsOk());
}

// A gateway that reads nothing until it is told to.
TEST_F(ActorTest, RefusesCommandsWhenTheQueueIsFullAndTellsWhenThereIsRoom) {
  size_t got = 0;
  gateway_.attach = [&](FakeGateway::AttachStream& stream) {
    go_on_.WaitForNotification();
    v1::AttachRequest request;
    while (stream.Read(&request)) {
      got += static_cast<size_t>(request.commands_size());
      EXPECT_LE(request.commands_size(), 256);
    }
    return grpc::Status::OK;
  };
  const auto actor = Attach({.max_queued_bytes = 1u << 20});
  const std::string payload(16'384, 'x');
  size_t sent = 0;
  absl::Status status;
  while ((status = actor->Send({.id = {7}}, payload)).ok()) ++sent;
  EXPECT_THAT(status, StatusIs(StatusCode::kResourceExhausted,
                               HasSubstr("queue of commands is full")));
  EXPECT_EQ(ReasonOf(status), "QUEUE_FULL");
  EXPECT_THAT(sent, Gt(50u));

  go_on_.Notify();
  EXPECT_THAT(actor->Close(kPatience), IsOk());
  EXPECT_EQ(got, sent + 1) << "all that was taken, and open";
  EXPECT_THAT(recorder_.lines(), ElementsAre("room", "done OK"));
}

TEST_F(ActorTest, ManySmallCommandsGoOutInFewRequests) {
  int requests = 0;
  int commands = 0;
  gateway_.attach = [&](FakeGateway::AttachStream& stream) {
    go_on_.WaitForNotification();
    v1::AttachRequest request;
    while (stream.Read(&request)) {
      ++requests;
      commands += request.commands_size();
    }
    return grpc::Status::OK;
  };
  const auto actor = Attach();
  const std::string payload(400, '\x00');
  for (int i = 0; i < 5'000; ++i) {
    ASSERT_THAT(actor->Send({.id = {7}}, payload), IsOk());
  }
  go_on_.Notify();
  EXPECT_THAT(actor->Close(kPatience), IsOk());
  EXPECT_EQ(commands, 5'001);
  EXPECT_LT(requests, 2'500);
}

TEST_F(ActorTest, CloseGivesUpOnAGatewayThatDoesNotEnd) {
  gateway_.attach = [this](FakeGateway::AttachStream&) {
    go_on_.WaitForNotification();
    return grpc::Status::OK;
  };
  const auto actor = Attach();
  EXPECT_THAT(actor->Close(absl::Milliseconds(10)),
              StatusIs(StatusCode::kDeadlineExceeded));
  EXPECT_THAT(recorder_.lines(), ElementsAre("done CANCELLED"));
  go_on_.Notify();
}

TEST_F(ActorTest, TheDestructorEndsTheStream) {
  gateway_.attach = [this](FakeGateway::AttachStream&) {
    go_on_.WaitForNotification();
    return grpc::Status::OK;
  };
  Attach();
  EXPECT_THAT(recorder_.lines(), ElementsAre("done CANCELLED"));
  go_on_.Notify();
}

TEST_F(ActorTest, WithoutAGatewayTheStreamEndsByItself) {
  const auto actor =
      Connect({.address = "unix:/nonexistent"})->Attach({}, recorder_);
  recorder_.done.WaitForNotification();
  EXPECT_THAT(actor->Close(kPatience), StatusIs(StatusCode::kUnavailable));
}

// A write that is larger than the stream's window waits for the gateway, which
// ends the stream instead of reading.
TEST_F(ActorTest, EndsOnceAlthoughAWriteIsInFlight) {
  gateway_.attach = [this](FakeGateway::AttachStream&) {
    go_on_.WaitForNotification();
    return grpc::Status::OK;
  };
  const auto actor = Attach();
  const std::string payload(3u << 20, 'x');
  // Until the queue is full, which only a write in flight keeps from emptying.
  while (actor->Send({.id = {7}}, payload).ok()) {
  }
  go_on_.Notify();
  recorder_.done.WaitForNotification();
  EXPECT_THAT(actor->Close(kPatience), IsOk());
  EXPECT_EQ(recorder_.lines().back(), "done OK");
}

// Pauses after every delivery.
class Drip final : public ActorHandler {
 public:
  explicit Drip(const FakeGateway& gateway)
      : actor_(Connect({.address = gateway.address()})->Attach({}, *this)) {
    attached_.Notify();
  }

  void OnDelivery(const v1::ActorEvent::Delivery&) override {
    attached_.WaitForNotification();
    actor_->PauseReading();
    deliveries_.Update([](int& number) { ++number; });
  }

  bool Await(int number) const {
    return deliveries_.Await([number](int got) { return got >= number; });
  }
  int deliveries() const { return deliveries_.Get(); }
  Actor& actor() { return *actor_; }

 private:
  absl::Notification attached_;
  Awaited<int> deliveries_;
  std::unique_ptr<Actor> actor_;
};

// As many deliveries as there are commands, a response each.
grpc::Status EchoOneByOne(FakeGateway::AttachStream& stream) {
  v1::AttachRequest request;
  while (stream.Read(&request)) {
    for (int i = 0; i < request.commands_size(); ++i) {
      v1::AttachResponse response;
      response.add_events()->mutable_delivery()->set_from_id(7);
      stream.Write(response);
    }
  }
  return grpc::Status::OK;
}

TEST_F(ActorTest, ReadsNothingWhileItIsPaused) {
  gateway_.attach = EchoOneByOne;
  Drip drip(gateway_);
  for (int i = 0; i < 2; ++i) {
    ASSERT_THAT(drip.actor().Send({.id = {7}}, "\x01"), IsOk());
  }
  for (int number = 1; number <= 3; ++number) {
    EXPECT_TRUE(drip.Await(number));
    EXPECT_EQ(drip.deliveries(), number) << "it was read on";
    drip.actor().ResumeReading();
  }
  EXPECT_THAT(drip.actor().Close(kPatience), IsOk());
}

TEST_F(ActorTest, WhatIsPausedCanBeClosedAndDestroyed) {
  gateway_.attach = EchoOneByOne;
  for (const bool close : {true, false}) {
    Drip drip(gateway_);
    ASSERT_THAT(drip.actor().Send({.id = {7}}, "\x01"), IsOk());
    ASSERT_TRUE(drip.Await(1));
    if (close) {
      EXPECT_THAT(drip.actor().Close(kPatience), IsOk());
    }
  }
}

// Streams end from either side while commands are being added.
TEST_F(ActorTest, SurvivesEveryOrderOfEnding) {
  gateway_.attach = [](FakeGateway::AttachStream& stream) {
    v1::AttachRequest request;
    stream.Read(&request);
    return grpc::Status::OK;
  };
  for (int round = 0; round < 200; ++round) {
    Recorder recorder;
    const auto actor =
        Connect({.address = gateway_.address()})->Attach({}, recorder);
    for (int i = 0; i < round; ++i) {
      if (!actor->Send({.id = {7}}, "\x01").ok()) break;
    }
    if (round % 3 == 0) actor->Cancel();
    if (round % 2 == 0) actor->Close(kPatience).IgnoreError();
    // The gateway has ended it, or the destructor does.
  }
}

}  // namespace
}  // namespace thespian::gateway::client
