#include "server/rpc/attempts.h"

#include "endpoint/error.h"
#include "gmock/gmock.h"
#include "tests/server/gateway_test.h"

namespace thespian::gateway {
namespace {

class AttemptsTest : public GatewayTest {
 protected:
  EndpointHandle Another() {
    Gateway& gateway = live_->gateway();
    return gateway.MakeMember(*gateway.directory().Pools().front(), "other");
  }

  const absl::Status down_ = MakeError(ErrorReason::kEndpointDown, "down");
};

TEST_F(AttemptsTest, OneThatWasTriedIsNotTriedAgain) {
  RunDemo();
  const EndpointHandle only = live_->gateway().Endpoints().front();
  Attempts attempts(true);

  EXPECT_TRUE(attempts.Again(down_, only));  // it is looked up again
  EXPECT_FALSE(attempts.Again(down_, only));
}

TEST_F(AttemptsTest, AreThreeAtMost) {
  RunDemo();
  const EndpointHandle one = live_->gateway().Endpoints().front();
  const EndpointHandle other = Another();
  Attempts attempts(true);

  EXPECT_TRUE(attempts.Again(down_, one));
  EXPECT_TRUE(attempts.Again(down_, other));
  EXPECT_FALSE(attempts.Again(down_, one));
}

TEST_F(AttemptsTest, WhatIsTakenOrRefusedForAnotherReasonIsNotTriedAgain) {
  RunDemo();
  const EndpointHandle only = live_->gateway().Endpoints().front();
  Attempts attempts(true);

  EXPECT_FALSE(attempts.Again(absl::OkStatus(), only));
  EXPECT_FALSE(
      attempts.Again(MakeError(ErrorReason::kQueueFull, "full"), only));
}

TEST_F(AttemptsTest, AnIdIsOfOneEndpoint) {
  RunDemo();
  Attempts attempts(false);

  EXPECT_FALSE(attempts.Again(down_, live_->gateway().Endpoints().front()));
}

}  // namespace
}  // namespace thespian::gateway
