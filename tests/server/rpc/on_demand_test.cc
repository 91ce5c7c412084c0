// An endpoint that its first message starts, as clients see it.
#include <chrono>

#include "gmock/gmock.h"
#include "tests/server/gateway_test.h"
#include "tests/support/patience.h"

namespace thespian::gateway {
namespace {

class OnDemandTest : public GatewayTest {
 protected:
  OnDemandTest() { options_.endpoint.on_demand = true; }

  v1::Endpoint ListOne() {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    v1::ListEndpointsResponse response;
    EXPECT_THAT(stub().ListEndpoints(&context, {}, &response), IsRpcOk());
    EXPECT_EQ(response.endpoints_size(), 1);
    return response.endpoints_size() > 0 ? response.endpoints(0)
                                         : v1::Endpoint();
  }
};

TEST_F(OnDemandTest, ACallStartsItAndIsAnswered) {
  RunDemo();
  const v1::Endpoint before = ListOne();
  EXPECT_EQ(before.state(), v1::ENDPOINT_STATE_IDLE);
  EXPECT_EQ(before.pid(), 0);
  EXPECT_FALSE(before.has_uptime());

  v1::CallResponse response;
  ASSERT_THAT(Call(CallTo("echo", Text("hello")), response), IsRpcOk());
  EXPECT_EQ(response.incarnation(), 1u);

  const v1::Endpoint after = ListOne();
  EXPECT_EQ(after.state(), v1::ENDPOINT_STATE_RUNNING);
  EXPECT_GT(after.pid(), 0);
  EXPECT_EQ(after.incarnation(), 1u);
  EXPECT_EQ(after.restarts(), 0u);
}

TEST_F(OnDemandTest, ACallThatCanNotBeAnsweredIsTold) {
  options_.endpoint.restart.mode = RestartMode::kNever;
  Run({"/nowhere/child"});
  v1::CallResponse response;
  EXPECT_FALSE(Call(CallTo("echo", Text("hello")), response).ok());
  while (ListOne().state() != v1::ENDPOINT_STATE_FAILED) {
  }
}

}  // namespace
}  // namespace thespian::gateway
