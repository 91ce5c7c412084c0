// An endpoint whose dialect is that of a thespian process: what it writes for
// clients, and what it refuses them. The child here only echoes; one that
// behaves as thespian does is in tests/server/thespian.
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/error.h"
#include "endpoint/wire/message.h"
#include "gmock/gmock.h"
#include "tests/endpoint/endpoint_fixture.h"
#include "tests/support/hex.h"

namespace thespian::gateway {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Optional;

const std::string kList = FromHex("8101");

class EndpointDialectTest : public EndpointTest {
 protected:
  EndpointDialectTest() { options_.dialect = Dialect::kThespian; }

  absl::Status Add(const Outgoing& message) {
    FrameBatch batch(message.from);
    return endpoint_->sender().Add(message, batch);
  }
};

TEST_F(EndpointDialectTest, MessagesOfNobodySpeakFromAnIdOfTheirOwn) {
  // Each id ends with its answer.
  Start({"frames:2", "send:1:x", "send:2:x", "frames:2", "stderr:ended"});
  EXPECT_THAT(Send({}, "x", kList), IsOk());
  EXPECT_THAT(Send({}, "x", kList), IsOk());
  const std::vector<std::string> events = AwaitEvent("stderr ended");
  EXPECT_THAT(events, IsSupersetOf({"sent 1 -> 'x'", "sent 2 -> 'x'"}));
  EXPECT_EQ(endpoint_->Status().inbound.undeliverable.at("no_such_actor"), 2u);
}

TEST_F(EndpointDialectTest, AnIdThatIsNotAnsweredEndsAfterItsTime) {
  options_.exit_linger = std::chrono::milliseconds(20);
  Start({"frames:1", "stderr:one", "frames:1", "stderr:ended"});
  EXPECT_THAT(Send({}, "x", kList), IsOk());
  AwaitEvent("stderr one");
  clock_.Advance(std::chrono::milliseconds(19));
  EXPECT_EQ(endpoint_->Status().outbound.controls.taken, 0u);
  clock_.Advance(std::chrono::milliseconds(1));
  AwaitEvent("stderr ended");
}

TEST_F(EndpointDialectTest, AttachedActorsMaySendToListedNamesOnly) {
  options_.names = {"echo", "counter"};
  Start({"echo"});
  const auto actor = Open();
  Outgoing message = {
      .from = actor->id(), .to = "echo", .payload = kList, .attached = true};
  EXPECT_THAT(Add(message), IsOk());
  message.to = "other";
  const absl::Status refused = Add(message);
  EXPECT_THAT(refused,
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("--names")));
  EXPECT_THAT(ReasonOf(refused), Optional(ErrorReason::kNameUnknown));
  EXPECT_THAT(FieldOf(refused), Optional(std::string("to_name")));
  message.attached = false;
  EXPECT_THAT(ReasonOf(Add(message)), Optional(ErrorReason::kNameUnknown));
}

TEST_F(EndpointDialectTest, WithoutAListOnlyAttachedActorsAreKeptFromNames) {
  Start({"echo"});
  const auto actor = Open();
  Outgoing message = {
      .from = actor->id(), .to = "echo", .payload = kList, .attached = true};
  EXPECT_THAT(ReasonOf(Add(message)), Optional(ErrorReason::kNameUnknown));
  message.attached = false;
  EXPECT_THAT(Add(message), IsOk());
  message.from = {};
  EXPECT_THAT(Add(message), IsOk());
}

TEST_F(EndpointDialectTest, AStarIsAnyName) {
  options_.names = {"*"};
  Start({"echo"});
  const auto actor = Open();
  EXPECT_THAT(Add({.from = actor->id(),
                   .to = "any",
                   .payload = kList,
                   .attached = true}),
              IsOk());
}

TEST_F(EndpointDialectTest, AListHoldsInThePlainDialectToo) {
  options_.dialect = Dialect::kPlain;
  options_.names = {"echo"};
  Start({"echo"});
  EXPECT_THAT(Add({.to = "echo", .payload = kList}), IsOk());
  EXPECT_THAT(ReasonOf(Add({.to = "other", .payload = kList})),
              Optional(ErrorReason::kNameUnknown));
}

TEST_F(EndpointDialectTest, PayloadsOverTheDialectsLimitAreRefused) {
  Start({"echo"});
  const std::string largest = FromHex("99") + static_cast<char>(32'724 >> 8) +
                              static_cast<char>(32'724 & 0xff) +
                              std::string(32'724, '\x01');
  EXPECT_THAT(Add({.to = "x", .payload = largest}), IsOk());
  std::string larger = largest + '\x01';
  larger[2] = static_cast<char>(32'725 & 0xff);
  const absl::Status refused = Add({.to = "x", .payload = larger});
  EXPECT_THAT(ReasonOf(refused), Optional(ErrorReason::kFrameTooLarge));
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kInvalidArgument,
                                HasSubstr("32728 bytes, over the limit of "
                                          "32727 for dialect 'thespian'")));
}

TEST_F(EndpointDialectTest, ControlPayloadsAreRefusedWhereThatIsWanted) {
  const std::string exit = FromHex("82 64") + "exit" + FromHex("61") + "x";
  options_.control = ControlPayloads::kRefuse;
  Start({"echo"});
  EXPECT_THAT(ReasonOf(Add({.to = "x", .payload = exit})),
              Optional(ErrorReason::kPayloadInvalid));
}

TEST_F(EndpointDialectTest, AChildThatEndsBeforeItSpokeGetsAHint) {
  options_.dialect = Dialect::kPlain;
  Start({"frames:1", "exit:1"});
  EXPECT_THAT(Send({}, "x", kList), IsOk());
  AwaitEvent("state FAILED");
  EXPECT_THAT(endpoint_->Status().last_exit->hints,
              Contains(HasSubstr("with --dialect plain ids are written as "
                                 "integers")));
}

TEST_F(EndpointDialectTest, AChildThatEndsOfItselfGetsNone) {
  Start({"exit:1"});
  AwaitEvent("state FAILED");
  EXPECT_TRUE(endpoint_->Status().last_exit->hints.empty());
}

}  // namespace
}  // namespace thespian::gateway
