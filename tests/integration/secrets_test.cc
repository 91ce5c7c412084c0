// What must never be in the log, however much is logged.
#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/gateway_process.h"
#include "tests/support/attach_client.h"
#include "tests/support/listen_client.h"
#include "tests/support/patience.h"
#include "tests/support/rpc_failure.h"
#include "tests/support/rpc_values.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class SecretsTest : public ::testing::TestWithParam<std::string> {
 protected:
  grpc::Status SendAs(uint64_t id, const std::string& token) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    context.AddMetadata("x-actor-token", token);
    v1::SendNamedRequest request = SendRequestTo("echo", Text(kPayload));
    request.set_from_id(id);
    v1::SendNamedResponse response;
    return stub_->SendNamed(&context, request, &response);
  }

  static constexpr char kPayload[] = "of nobody else's concern";
  static constexpr char kGuess[] = "a-guess-at-the-token";

  GatewayProcess gateway_{{"--log-level", "trace", "--log-format", GetParam()},
                          {TG_DEMO_CHILD}};
  const std::unique_ptr<v1::GatewayService::Stub> stub_ =
      v1::GatewayService::NewStub(grpc::CreateChannel(
          gateway_.address(), grpc::InsecureChannelCredentials()));
};

TEST_P(SecretsTest, TokensAndPayloadsAreNotLogged) {
  AttachClient attached(*stub_);
  ASSERT_TRUE(attached.Open("logger"));
  ListenClient listening(*stub_, Open("listener").open());
  ASSERT_TRUE(listening.TakeOpened());
  EXPECT_THAT(SendAs(attached.id(), attached.token()), IsRpcOk());
  EXPECT_EQ(attached.NextCbor(), TextItem(kPayload));
  EXPECT_THAT(SendAs(listening.id(), listening.token()), IsRpcOk());
  EXPECT_EQ(listening.NextCbor(), TextItem(kPayload));
  EXPECT_THAT(
      SendAs(attached.id(), kGuess),
      FailsWith(grpc::StatusCode::PERMISSION_DENIED, "ACTOR_NOT_YOURS"));
  listening.Cancel();
  EXPECT_FALSE(listening.Finish().ok());

  gateway_.program().Kill(SIGTERM);

  EXPECT_FALSE(attached.Finish().ok());
  const Ended ended = gateway_.program().Wait();
  EXPECT_THAT(ended.err, HasSubstr("listening on")) << "nothing is logged";
  const std::vector<std::string> secrets = {attached.token(), listening.token(),
                                            kGuess, kPayload};
  for (const std::string& secret : secrets) {
    EXPECT_THAT(ended.err, Not(HasSubstr(secret)));
    EXPECT_THAT(ended.out, Not(HasSubstr(secret)));
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, SecretsTest,
                         ::testing::Values("text", "json"),
                         [](const auto& row) { return row.param; });

}  // namespace
}  // namespace thespian::gateway
