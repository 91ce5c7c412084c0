// AdminService over real gRPC.
#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/server/gateway_test.h"
#include "tests/support/patience.h"
#include "thespian/gateway/v1/admin.grpc.pb.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class AdminTest : public GatewayTest {
 protected:
  // Calls `method` for `endpoint`.
  template <typename Request, typename Response>
  grpc::Status Do(grpc::Status (v1::AdminService::Stub::*method)(
                      grpc::ClientContext*, const Request&, Response*),
                  Response& response, const std::string& endpoint = "") {
    const auto stub = v1::AdminService::NewStub(live_->channel());
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    Request request;
    request.set_endpoint(endpoint);
    return (stub.get()->*method)(&context, request, &response);
  }
};

TEST_F(AdminTest, StopsAndStarts) {
  RunDemo();
  v1::StopEndpointResponse stopped;
  ASSERT_THAT(Do(&v1::AdminService::Stub::StopEndpoint, stopped), IsRpcOk());
  EXPECT_EQ(stopped.endpoint().state(), v1::ENDPOINT_STATE_STOPPED);
  EXPECT_EQ(stopped.endpoint().pid(), 0);
  EXPECT_THAT(Send(SendRequestTo("echo", Text("x"))),
              FailsWith(grpc::StatusCode::UNAVAILABLE, "ENDPOINT_DOWN"));

  v1::StartEndpointResponse started;
  ASSERT_THAT(Do(&v1::AdminService::Stub::StartEndpoint, started), IsRpcOk());
  EXPECT_EQ(started.endpoint().state(), v1::ENDPOINT_STATE_RUNNING);
  EXPECT_EQ(started.endpoint().incarnation(), 2u);
  EXPECT_EQ(started.endpoint().restarts(), 1u);
  EXPECT_THAT(Send(SendRequestTo("echo", Text("x"))), IsRpcOk());
}

TEST_F(AdminTest, RestartsUnderAClientThatGoesOn) {
  RunDemo();
  const auto client = Attach();
  v1::RestartEndpointResponse restarted;
  ASSERT_THAT(Do(&v1::AdminService::Stub::RestartEndpoint, restarted),
              IsRpcOk());
  EXPECT_EQ(restarted.endpoint().incarnation(), 2u);
  std::vector<v1::EndpointState> states;
  while (states.empty() || states.back() != v1::ENDPOINT_STATE_RUNNING) {
    const auto event = client->Next(v1::ActorEvent::kEndpointChanged);
    ASSERT_TRUE(event.has_value());
    states.push_back(event->endpoint_changed().state());
  }
  EXPECT_THAT(states, ::testing::ElementsAre(v1::ENDPOINT_STATE_STOPPING,
                                             v1::ENDPOINT_STATE_STARTING,
                                             v1::ENDPOINT_STATE_RUNNING));
  client->Do(SendToName("echo", Text("again")));
  EXPECT_EQ(client->NextCbor(), TextItem("again"));
}

TEST_F(AdminTest, AChildThatCanNotBeStartedIsToldWithItsReason) {
  RunScript({"exit:7"});
  Watcher watcher(stub(), SinceTheBeginning());
  ASSERT_FALSE(watcher.UntilState(v1::ENDPOINT_STATE_FAILED).empty());
  EXPECT_THAT(GetEndpoint().state_reason(), HasSubstr("exit code 7"));
  v1::StopEndpointResponse stopped;
  ASSERT_THAT(Do(&v1::AdminService::Stub::StopEndpoint, stopped), IsRpcOk());
  EXPECT_EQ(stopped.endpoint().state(), v1::ENDPOINT_STATE_STOPPED);
  EXPECT_EQ(stopped.endpoint().last_exit().exit_code(), 7);
}

TEST_F(AdminTest, TheLastFramesAreShown) {
  RunDemo();
  const auto client = Attach();
  client->Do(SendToName("echo", Text("hello")));
  ASSERT_EQ(client->NextCbor(), TextItem("hello"));

  v1::GetFlightRecordResponse response;
  ASSERT_THAT(Do(&v1::AdminService::Stub::GetFlightRecord, response),
              IsRpcOk());

  ASSERT_EQ(response.frames_size(), 2);
  const v1::RecordedFrame& to = response.frames(0);
  EXPECT_FALSE(to.from_child());
  EXPECT_EQ(to.incarnation(), 1u);
  EXPECT_EQ(to.text(), "[\"send_named\", 1, \"echo\", \"hello\"]");
  EXPECT_TRUE(response.frames(1).from_child());
  EXPECT_THAT(response.frames(1).text(),
              AllOf(HasSubstr("[\"send\", "), HasSubstr(", 1, \"hello\"]")));
}

TEST_F(AdminTest, AnEndpointThatIsNotThereIsTold) {
  RunDemo();
  v1::StartEndpointResponse started;
  v1::StopEndpointResponse stopped;
  v1::RestartEndpointResponse restarted;
  v1::GetFlightRecordResponse record;
  const auto unknown =
      FailsWith(grpc::StatusCode::NOT_FOUND, "ENDPOINT_UNKNOWN");
  EXPECT_THAT(Do(&v1::AdminService::Stub::StartEndpoint, started, "x"),
              unknown);
  EXPECT_THAT(Do(&v1::AdminService::Stub::StopEndpoint, stopped, "x"), unknown);
  EXPECT_THAT(Do(&v1::AdminService::Stub::RestartEndpoint, restarted, "x"),
              unknown);
  EXPECT_THAT(Do(&v1::AdminService::Stub::GetFlightRecord, record, "x"),
              unknown);
}

}  // namespace
}  // namespace thespian::gateway
