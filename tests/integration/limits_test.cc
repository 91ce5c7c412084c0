// The options that bound what there may be, as a process is given them.
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "endpoint/wire/message.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/gateway_process.h"
#include "tests/support/attach_client.h"
#include "tests/support/hex.h"
#include "tests/support/patience.h"
#include "tests/support/rpc_failure.h"
#include "tests/support/rpc_values.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway {
namespace {

class LimitsTest : public ::testing::Test {
 protected:
  void Run(const std::vector<std::string>& options,
           std::vector<std::string> verbs) {
    verbs.insert(verbs.begin(), TG_SCRIPTED_CHILD);
    gateway_ = std::make_unique<GatewayProcess>(options, verbs);
    stub_ = v1::GatewayService::NewStub(grpc::CreateChannel(
        gateway_->address(), grpc::InsecureChannelCredentials()));
  }

  v1::EndpointCounters Counters() {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    v1::GetEndpointResponse response;
    EXPECT_THAT(stub_->GetEndpoint(&context, {}, &response), IsRpcOk());
    return response.endpoint().counters();
  }

  std::unique_ptr<GatewayProcess> gateway_;
  std::unique_ptr<v1::GatewayService::Stub> stub_;
};

TEST_F(LimitsTest, MaxProxies) {
  Run({"--max-proxies", "3"}, {"proxies:10"});

  while (Counters().received() < 10) {
  }

  EXPECT_EQ(Counters().proxies_created(), 10u);
  EXPECT_EQ(Counters().proxies_live(), 3u);
}

TEST_F(LimitsTest, ProxyIdleTimeout) {
  Run({"--proxy-idle-timeout", "100ms"}, {"proxies:10"});

  while (Counters().proxies_closed() < 10) {
  }

  EXPECT_EQ(Counters().proxies_live(), 0u);
}

TEST_F(LimitsTest, MaxActors) {
  Run({"--max-actors", "1"}, {});
  AttachClient first(*stub_);
  ASSERT_TRUE(first.Open());
  AttachClient second(*stub_);
  second.Do(Open());

  EXPECT_THAT(second.Finish(),
              FailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED, "LIMIT_REACHED"));
}

TEST_F(LimitsTest, MailboxItems) {
  // A hundred messages in one write, where sixteen may wait.
  std::string frame;
  AppendFrame(SendMessage{.from = {7}, .to = {1}, .payload = TextItem("x")},
              frame);
  Run({"--mailbox-items", "16"}, {"frames:1", "repeat:100:" + ToHex(frame)});
  AttachClient client(*stub_);
  ASSERT_TRUE(client.Open());
  ASSERT_EQ(client.id(), 1u);

  client.Do(SendToName("x", Text("go")));

  EXPECT_THAT(client.Finish(),
              FailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED, "MAILBOX_FULL"));
}

}  // namespace
}  // namespace thespian::gateway
