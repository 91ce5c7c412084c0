#include "clients/cli/actor_text.h"

#include "gtest/gtest.h"
#include "tests/support/hex.h"

namespace thespian::gateway::cli {
namespace {

TEST(ActorTextTest, ADeliveryIsShownAsJsonOrElseAsHex) {
  v1::ActorEvent::Delivery delivery;
  delivery.set_from_id(7);
  delivery.mutable_payload()->set_cbor(FromHex("8101"));
  EXPECT_EQ(DeliveryLine(delivery), "<- from 7 [1]");
  delivery.mutable_payload()->set_cbor(FromHex("82"));
  EXPECT_EQ(DeliveryLine(delivery), "<- from 7 hex:82");
}

TEST(ActorTextTest, TextOfOthersCannotSteerATerminal) {
  v1::ActorEvent::Exited exited;
  exited.set_remote_id(7);
  exited.set_reason("a\nb");
  EXPECT_EQ(ExitedLine(exited), "-- 7 exited: a\\u000ab");
  EXPECT_EQ(ClosingLine("\x1b[2J"),
            "-- the gateway ends the stream: \\u001b[2J");
}

TEST(ActorTextTest, DetailsOfAnEndFollowItsReason) {
  v1::ActorEvent::Exited exited;
  exited.set_remote_id(7);
  exited.set_reason("bug");
  exited.add_details()->set_cbor(FromHex("8263") + "why" + FromHex("05"));
  exited.add_details()->set_cbor(FromHex("82"));
  EXPECT_EQ(ExitedLine(exited), "-- 7 exited: bug [\"why\",5] hex:82");
}

TEST(ActorTextTest, AChildsStateIsToldWithItsIncarnation) {
  v1::ActorEvent::EndpointChanged changed;
  changed.set_endpoint("e");
  changed.set_incarnation(3);
  changed.set_state(v1::ENDPOINT_STATE_FAILED);
  changed.set_reason("why");
  EXPECT_EQ(ChangedLine(changed), "-- endpoint e/3 is failed now: why");
}

}  // namespace
}  // namespace thespian::gateway::cli
