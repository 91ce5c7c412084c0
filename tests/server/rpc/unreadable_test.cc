// What is no request, sent to every method of both services: a method that is
// added is tried, too.
#include "gmock/gmock.h"
#include "tests/server/gateway_test.h"
#include "tests/support/raw_call.h"

namespace thespian::gateway {
namespace {

using UnreadableRequestTest = GatewayTest;

TEST_F(UnreadableRequestTest, IsRefusedByEveryMethodWithAReason) {
  RunDemo();
  ASSERT_GE(ApiMethods().size(), 15u);
  for (const MethodDescriptor* method : ApiMethods()) {
    SCOPED_TRACE(method->full_name());
    // A length without what it announces.
    EXPECT_THAT(CallRaw(live_->channel(), *method, "\x0a\x05x"),
                FailsWith(grpc::StatusCode::INVALID_ARGUMENT, "FIELD_INVALID"));
  }
}

}  // namespace
}  // namespace thespian::gateway
