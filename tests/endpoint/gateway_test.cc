#include "endpoint/gateway.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/error.h"
#include "gmock/gmock.h"
#include "spdlog/logger.h"
#include "tests/support/journal_text.h"
#include "tests/support/no_trace_left.h"
#include "tests/support/silent_log.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_actor.h"
#include "tests/support/test_clock.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Optional;
using ::testing::Pointer;

class GatewayTest : public ::testing::Test {
 protected:
  // An endpoint that is not started.
  Endpoint& Add(std::string name) {
    EndpointOptions options;
    options.name = std::move(name);
    return gateway_.AddEndpoint(options);
  }

  std::shared_ptr<TestActor> Open(std::string_view name = "") {
    auto actor = std::make_shared<TestActor>();
    EXPECT_THAT(gateway_.OpenActor(actor, name), IsOk());
    return actor;
  }

  NoTraceLeft no_trace_left_;
  TestClock clock_;
  spdlog::logger log_ = SilentLog();
  Gateway gateway_{
      clock_, log_, {.journal = {.pace = kAtOnce}, .max_local_actors = 3}};
};

// --- Endpoints -------------------------------------------------------------

TEST_F(GatewayTest, NoNameMeansTheOnlyEndpoint) {
  EXPECT_THAT(ReasonOf(gateway_.FindEndpoint("").status()),
              Optional(ErrorReason::kEndpointUnknown));
  Endpoint& east = Add("east");
  EXPECT_EQ(gateway_.FindEndpoint("")->get(), &east);
  EXPECT_EQ(gateway_.FindEndpoint("east")->get(), &east);
}

TEST_F(GatewayTest, OfSeveralNoNameMeansTheDefault) {
  Add("east");
  Add("west");
  EXPECT_THAT(gateway_.FindEndpoint("").status(),
              StatusIs(absl::StatusCode::kNotFound));
  Endpoint& usual = Add("default");
  EXPECT_EQ(gateway_.FindEndpoint("")->get(), &usual);
}

TEST_F(GatewayTest, ANameThatNoEndpointHasIsUnknown) {
  Add("east");
  const absl::Status status = gateway_.FindEndpoint("West").status();
  EXPECT_THAT(ReasonOf(status), Optional(ErrorReason::kEndpointUnknown));
  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("'West'")));
}

TEST_F(GatewayTest, EndpointsAreInTheOrderOfTheirNames) {
  Endpoint& west = Add("west");
  Endpoint& east = Add("east");
  EXPECT_THAT(gateway_.Endpoints(),
              ElementsAre(Pointer(&east), Pointer(&west)));
}

// --- Local actors ----------------------------------------------------------

TEST_F(GatewayTest, AnActorIsThereFromItsOpeningToItsEnd) {
  const auto actor = Open("ann");
  EXPECT_EQ(gateway_.locals().FindNamed("ann"), actor);
  gateway_.EndActor(actor, "normal");
  EXPECT_EQ(gateway_.locals().FindNamed("ann"), nullptr);
  EXPECT_EQ(actor->end_reason(), "normal");
  EXPECT_EQ(actor->mailbox().Add({}, ""), Mailbox::Put::kClosed);
}

TEST_F(GatewayTest, ARetiredActorGivesItsNameAndKeepsItsMail) {
  const auto actor = Open("ann");
  actor->mailbox().Add({.remote = {7}}, "\x01");
  gateway_.CloseActor(actor);
  const auto next = Open("ann");
  EXPECT_EQ(gateway_.locals().FindNamed("ann"), next);
  EXPECT_THAT(actor->TakeMail(), ElementsAre("7 says 01"));
}

TEST_F(GatewayTest, TheFirstReasonOfAnEndStays) {
  const auto actor = Open();
  gateway_.EndActor(actor, "disconnected");
  gateway_.EndActor(actor, "normal");
  EXPECT_EQ(actor->end_reason(), "disconnected");
}

TEST_F(GatewayTest, NoMoreActorsAreOpenedThanMayBe) {
  for (int i = 0; i < 3; ++i) Open();
  EXPECT_THAT(ReasonOf(gateway_.OpenActor(std::make_shared<TestActor>(), "")),
              Optional(ErrorReason::kLimitReached));
}

TEST_F(GatewayTest, WhileStoppingNoActorIsOpened) {
  const auto before = Open("ann");
  gateway_.BeginStopping();
  EXPECT_THAT(
      ReasonOf(gateway_.OpenActor(std::make_shared<TestActor>(), "bob")),
      Optional(ErrorReason::kShuttingDown));
  EXPECT_EQ(gateway_.locals().FindNamed("ann"), before);
}

// --- Tokens ----------------------------------------------------------------

TEST_F(GatewayTest, OnlyItsTokenSpeaksForAnActor) {
  const auto actor = Open();
  const auto other = Open();
  const auto right = gateway_.Authorize(actor->id(), actor->token());
  ASSERT_THAT(right, IsOk());
  EXPECT_EQ(*right, actor);
  std::string nearly = actor->token();
  nearly.back() ^= 1;
  for (const std::string& wrong :
       {std::string(), nearly, other->token(), actor->token() + "0"}) {
    EXPECT_THAT(ReasonOf(gateway_.Authorize(actor->id(), wrong).status()),
                Optional(ErrorReason::kActorNotYours));
  }
}

TEST_F(GatewayTest, ATokenEndsWithItsActor) {
  const auto actor = Open();
  gateway_.EndActor(actor, "normal");
  EXPECT_THAT(
      ReasonOf(gateway_.Authorize(actor->id(), actor->token()).status()),
      Optional(ErrorReason::kActorNotYours));
  EXPECT_THAT(gateway_.Authorize(LocalId{99}, "").status(),
              StatusIs(absl::StatusCode::kPermissionDenied));
}

// --- Speaking --------------------------------------------------------------

TEST_F(GatewayTest, AnActorThatHasEndedMayNotSpeak) {
  const Endpoint& east = Add("east");
  const auto actor = Open();
  EXPECT_TRUE(Gateway::ActorUse(gateway_, actor, east).allowed());
  gateway_.EndActor(actor, "normal");
  EXPECT_FALSE(Gateway::ActorUse(gateway_, actor, east).allowed());
  EXPECT_TRUE(Gateway::ActorUse(gateway_, nullptr, east).allowed())
      << "anonymous";
}

// A child that writes what it reads to its stderr.
class SpeakingTest : public GatewayTest {
 protected:
  void SetUp() override {
    EndpointOptions options;
    options.command.arguments = {TG_SCRIPTED_CHILD, "record:2", "until-eof"};
    endpoint_ = &gateway_.AddEndpoint(options);
    ASSERT_THAT(endpoint_->Start(), IsOk());
  }

  void Say(LocalId from) {
    FrameBatch batch(from);
    ASSERT_THAT(endpoint_->sender().Add({from, "n", {}, "\x01"}, batch),
                IsOk());
    FrameWriter::Done done = [](const absl::Status&, size_t) {};
    ASSERT_THAT(endpoint_->sender().Submit(batch, done), IsOk());
  }

  Endpoint* endpoint_ = nullptr;
  JournalReader reader_{gateway_.journal()};
};

TEST_F(SpeakingTest, TheEndOfAnActorThatSpeaksIsToldWhenItHasSpoken) {
  constexpr char kExit1[] = "stderr 8364657869740164646f6e65";
  constexpr char kExit2[] = "stderr 8364657869740264646f6e65";
  const auto speaks = Open();
  const auto silent = Open();
  {
    const Gateway::ActorUse use(gateway_, silent, *endpoint_);
    Say(silent->id());
  }
  {
    const Gateway::ActorUse one(gateway_, speaks, *endpoint_);
    const Gateway::ActorUse other(gateway_, speaks, *endpoint_);
    gateway_.EndActor(speaks, "done");
    Say(speaks->id());
    gateway_.EndActor(silent, "done");
    EXPECT_THAT(reader_.AwaitEvent(kExit2),
                AllOf(Contains(kExit2), Not(Contains(kExit1))));
  }
  EXPECT_THAT(reader_.AwaitEvent(kExit1), Contains(kExit1));
}

}  // namespace
}  // namespace thespian::gateway
