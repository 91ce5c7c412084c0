#include "clients/cpp/listener.h"

#include <memory>
#include <string>

#include "absl/synchronization/notification.h"
#include "clients/cpp/client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/clients/cpp/recorder.h"
#include "tests/clients/fake_gateway.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway::client {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;

class ListenerTest : public ::testing::Test {
 protected:
  std::unique_ptr<Listener> Listen(const ListenOptions& options = {}) {
    return Connect({.address = gateway_.address()})->Listen(options, recorder_);
  }

  // The gateway opens actor 5 and holds the stream until it is cancelled.
  void ServeUntilCancelled() {
    gateway_.listen = [this](const v1::ListenRequest&,
                             FakeGateway::ListenStream& stream,
                             grpc::ServerContext&) {
      v1::ListenResponse response;
      response.add_events()->mutable_opened()->set_actor_id(5);
      stream.Write(response);
      over_.WaitForNotification();
      return grpc::Status::OK;
    };
  }

  // What scripts use lives longer than the calls, which the gateway ends.
  absl::Notification over_;
  FakeGateway gateway_;
  Recorder recorder_;
};

TEST_F(ListenerTest, TellsWhatHappensInOrderAndWhyItEnds) {
  v1::ListenRequest asked;
  gateway_.listen = [&asked](const v1::ListenRequest& request,
                             FakeGateway::ListenStream& stream,
                             grpc::ServerContext&) {
    asked = request;
    v1::ListenResponse response;
    response.add_events()->mutable_opened()->set_actor_id(5);
    response.mutable_events(0)->mutable_opened()->set_token("secret");
    auto& delivery = *response.add_events()->mutable_delivery();
    delivery.set_from_id(7);
    delivery.mutable_payload()->set_cbor("\x01");
    stream.Write(response);
    response.Clear();
    response.add_events()->mutable_exited()->set_remote_id(7);
    response.add_events()->mutable_endpoint_changed()->set_endpoint("e");
    response.add_events()->mutable_closing()->set_reason("shutting down");
    stream.Write(response);
    return AsGrpc(RichError(StatusCode::kUnavailable, "shutting down",
                            "SHUTTING_DOWN", /*retryable=*/true));
  };
  const auto listener = Listen({.name = "me"});
  const absl::Status status = listener->Wait();
  EXPECT_THAT(status, StatusIs(StatusCode::kUnavailable));
  EXPECT_EQ(ReasonOf(status), "SHUTTING_DOWN");
  EXPECT_EQ(asked.open().name(), "me");
  EXPECT_EQ(asked.open().encoding(), v1::PAYLOAD_ENCODING_CBOR);
  EXPECT_THAT(
      recorder_.lines(),
      ElementsAre("opened 5 secret", "from 7 01", "exited 7 ", "endpoint e",
                  "closing shutting down", "done UNAVAILABLE"));
}

TEST_F(ListenerTest, CancelEndsIt) {
  ServeUntilCancelled();
  const auto listener = Listen();
  listener->Cancel();
  EXPECT_THAT(listener->Wait(), StatusIs(StatusCode::kCancelled));
  over_.Notify();
}

TEST_F(ListenerTest, TheDestructorEndsIt) {
  ServeUntilCancelled();
  Listen();
  EXPECT_EQ(recorder_.lines().back(), "done CANCELLED");
  over_.Notify();
}

TEST_F(ListenerTest, WithoutAGatewayItEndsByItself) {
  const auto listener =
      Connect({.address = "unix:/nonexistent"})->Listen({}, recorder_);
  EXPECT_THAT(listener->Wait(), StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(recorder_.lines(), ElementsAre("done UNAVAILABLE"));
}

}  // namespace
}  // namespace thespian::gateway::client
