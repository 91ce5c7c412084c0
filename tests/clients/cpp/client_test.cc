#include "clients/cpp/client.h"

#include <unistd.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/clients/fake_gateway.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway::client {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Client ClientOf(const FakeGateway& gateway,
                absl::Duration deadline = absl::Seconds(30)) {
  return Connect({.address = gateway.address(), .deadline = deadline}).value();
}

TEST(ClientTest, SendsToAnId) {
  FakeGateway gateway;
  v1::SendRequest asked;
  gateway.send = [&asked](const v1::SendRequest& request,
                          v1::SendResponse& response) {
    asked = request;
    response.set_incarnation(3);
    return grpc::Status::OK;
  };
  Client client = ClientOf(gateway);
  EXPECT_THAT(client.Send({.endpoint = "e", .id = {7}, .incarnation = {3}},
                          "\xf6", {.id = {5}, .token = "secret"}),
              IsOkAndHolds(Incarnation{3}));
  EXPECT_EQ(asked.endpoint(), "e");
  EXPECT_EQ(asked.from_id(), 5u);
  EXPECT_EQ(asked.to_id(), 7u);
  EXPECT_EQ(asked.incarnation(), 3u);
  EXPECT_EQ(asked.payload().cbor(), "\xf6");
  EXPECT_EQ(gateway.last_token, "secret");
}

TEST(ClientTest, SendsToANameAnonymously) {
  FakeGateway gateway;
  v1::SendNamedRequest asked;
  gateway.send_named = [&asked](const v1::SendNamedRequest& request,
                                v1::SendNamedResponse& response) {
    asked = request;
    response.set_incarnation(1);
    return grpc::Status::OK;
  };
  Client client = ClientOf(gateway);
  EXPECT_THAT(client.SendNamed({.name = "echo"}, "\xf6"),
              IsOkAndHolds(Incarnation{1}));
  EXPECT_EQ(asked.to_name(), "echo");
  EXPECT_EQ(asked.from_id(), 0u);
  EXPECT_EQ(gateway.last_token, "");
}

TEST(ClientTest, TellsTheGatewaysError) {
  FakeGateway gateway;
  gateway.send = [](const v1::SendRequest&, v1::SendResponse&) {
    return AsGrpc(RichError(StatusCode::kNotFound, "no proxy has the id 7",
                            "ACTOR_UNKNOWN"));
  };
  const absl::Status status =
      ClientOf(gateway).Send({.id = {7}}, "\xf6").status();
  EXPECT_THAT(status, StatusIs(StatusCode::kNotFound, "no proxy has the id 7"));
  EXPECT_EQ(ReasonOf(status), "ACTOR_UNKNOWN");
}

TEST(ClientTest, CallsAnId) {
  FakeGateway gateway;
  v1::CallRequest asked;
  gateway.call = [&asked](const v1::CallRequest& request,
                          v1::CallResponse& response) {
    asked = request;
    response.set_from_id(8);
    response.set_incarnation(2);
    response.mutable_payload()->set_cbor("\x01");
    return grpc::Status::OK;
  };
  const absl::StatusOr<Reply> reply =
      ClientOf(gateway).Call({.endpoint = "e", .id = {7}}, "\xf6");
  ASSERT_THAT(reply, IsOk());
  EXPECT_EQ(reply->from, RemoteId{8});
  EXPECT_EQ(reply->incarnation, Incarnation{2});
  EXPECT_EQ(reply->payload, "\x01");
  EXPECT_EQ(asked.endpoint(), "e");
  EXPECT_EQ(asked.to_id(), 7u);
  EXPECT_EQ(asked.payload().cbor(), "\xf6");
  EXPECT_EQ(asked.reply_encoding(), v1::PAYLOAD_ENCODING_CBOR);
}

TEST(ClientTest, CallsAName) {
  FakeGateway gateway;
  gateway.call = [](const v1::CallRequest& request, v1::CallResponse&) {
    EXPECT_EQ(request.target_case(), v1::CallRequest::kToName);
    EXPECT_EQ(request.to_name(), "echo");
    return AsGrpc(
        RichError(StatusCode::kAborted, "it has ended", "ACTOR_EXITED"));
  };
  const absl::Status status =
      ClientOf(gateway).CallNamed({.name = "echo"}, "\xf6").status();
  EXPECT_THAT(status, StatusIs(StatusCode::kAborted, "it has ended"));
  EXPECT_EQ(ReasonOf(status), "ACTOR_EXITED");
}

TEST(ClientTest, ACallHasADeadlineOfItsOwn) {
  absl::Notification answered;
  FakeGateway gateway;
  gateway.call = [&answered](const v1::CallRequest&, v1::CallResponse&) {
    answered.WaitForNotification();
    return grpc::Status::OK;
  };
  EXPECT_THAT(ClientOf(gateway, absl::InfiniteDuration())
                  .CallNamed({.name = "echo"}, "\xf6", absl::Milliseconds(50)),
              StatusIs(StatusCode::kDeadlineExceeded));
  answered.Notify();
}

TEST(ClientTest, ACallToAnIncarnationIsRefusedAndNotSent) {
  FakeGateway gateway;
  gateway.call = [](const v1::CallRequest&, v1::CallResponse&) {
    ADD_FAILURE() << "it was sent";
    return grpc::Status::OK;
  };
  const absl::Status status =
      ClientOf(gateway).Call({.id = {7}, .incarnation = {1}}, "\xf6").status();
  EXPECT_THAT(status, StatusIs(StatusCode::kInvalidArgument));
  EXPECT_EQ(ReasonOf(status), "FIELD_INVALID");
}

TEST(ClientTest, ReleasesAProxy) {
  FakeGateway gateway;
  v1::ReleaseProxyRequest asked;
  gateway.release_proxy = [&asked](const v1::ReleaseProxyRequest& request,
                                   v1::ReleaseProxyResponse& response) {
    asked = request;
    response.set_incarnation(4);
    return grpc::Status::OK;
  };
  EXPECT_THAT(ClientOf(gateway).ReleaseProxy(
                  {.endpoint = "e", .id = {7}, .incarnation = {4}}),
              IsOkAndHolds(Incarnation{4}));
  EXPECT_EQ(asked.endpoint(), "e");
  EXPECT_EQ(asked.remote_id(), 7u);
  EXPECT_EQ(asked.incarnation(), 4u);
}

TEST(ClientTest, ListsTheLocalActorsOfEveryPage) {
  FakeGateway gateway;
  gateway.list_local_actors = [](const v1::ListLocalActorsRequest& request,
                                 v1::ListLocalActorsResponse& response) {
    EXPECT_EQ(request.page_size(), 1);
    const bool first = request.page_token().empty();
    response.add_actors()->set_id(first ? 3 : 5);
    if (first) response.set_next_page_token("more");
    return grpc::Status::OK;
  };
  std::vector<uint64_t> ids;
  EXPECT_THAT(ClientOf(gateway).ListLocalActors(
                  [&ids](const v1::LocalActor& actor) {
                    ids.push_back(actor.id());
                    return true;
                  },
                  /*page_size=*/1),
              IsOk());
  EXPECT_THAT(ids, ElementsAre(3, 5));
}

// Answers with the proxies 1 to 5, two a page.
grpc::Status TwoAPage(const v1::ListProxiesRequest& request,
                      v1::ListProxiesResponse& response) {
  const int first =
      request.page_token().empty() ? 1 : std::stoi(request.page_token());
  for (int id = first; id < first + 2 && id <= 5; ++id) {
    response.add_proxies()->set_remote_id(id);
  }
  if (first + 2 <= 5) response.set_next_page_token(std::to_string(first + 2));
  return grpc::Status::OK;
}

TEST(ClientTest, ListsTheProxiesOfEveryPage) {
  FakeGateway gateway;
  gateway.list_proxies = TwoAPage;
  std::vector<uint64_t> ids;
  EXPECT_THAT(ClientOf(gateway).ListProxies("",
                                            [&ids](const v1::Proxy& proxy) {
                                              ids.push_back(proxy.remote_id());
                                              return true;
                                            }),
              IsOk());
  EXPECT_THAT(ids, ElementsAre(1, 2, 3, 4, 5));
}

TEST(ClientTest, StopsListingWhenItIsTold) {
  FakeGateway gateway;
  int pages = 0;
  gateway.list_proxies = [&pages](const v1::ListProxiesRequest& request,
                                  v1::ListProxiesResponse& response) {
    ++pages;
    return TwoAPage(request, response);
  };
  EXPECT_THAT(
      ClientOf(gateway).ListProxies(
          "", [](const v1::Proxy& proxy) { return proxy.remote_id() < 3; }),
      IsOk());
  EXPECT_EQ(pages, 2);
}

TEST(ClientTest, DoesNotFollowAPageThatRepeatsItself) {
  FakeGateway gateway;
  gateway.list_proxies = [](const v1::ListProxiesRequest&,
                            v1::ListProxiesResponse& response) {
    response.set_next_page_token("again");
    return grpc::Status::OK;
  };
  EXPECT_THAT(
      ClientOf(gateway).ListProxies("", [](const v1::Proxy&) { return true; }),
      StatusIs(StatusCode::kInternal, HasSubstr("repeats")));
}

TEST(ClientTest, DescribesEndpoints) {
  FakeGateway gateway;
  gateway.get_endpoint = [](const v1::GetEndpointRequest& request,
                            v1::GetEndpointResponse& response) {
    response.mutable_endpoint()->set_name(request.endpoint());
    return grpc::Status::OK;
  };
  gateway.list_endpoints = [](const v1::ListEndpointsRequest&,
                              v1::ListEndpointsResponse& response) {
    response.add_endpoints()->set_name("a");
    response.add_endpoints()->set_name("b");
    return grpc::Status::OK;
  };
  Client client = ClientOf(gateway);
  const absl::StatusOr<v1::Endpoint> one = client.GetEndpoint("default");
  ASSERT_THAT(one, IsOk());
  EXPECT_EQ(one->name(), "default");
  const absl::StatusOr<std::vector<v1::Endpoint>> all = client.ListEndpoints();
  ASSERT_THAT(all, IsOk());
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ(all->back().name(), "b");
}

TEST(ClientTest, SpeaksOverAUnixSocket) {
  const std::string path =
      fmt::format("{}/tg-client-{}", ::testing::TempDir(), getpid());
  FakeGateway gateway("unix:" + path);
  gateway.list_endpoints = [](const v1::ListEndpointsRequest&,
                              v1::ListEndpointsResponse&) {
    return grpc::Status::OK;
  };
  EXPECT_THAT(ClientOf(gateway).ListEndpoints(), IsOk());
}

TEST(ClientTest, ACallEndsAtItsDeadline) {
  absl::Notification answered;
  FakeGateway gateway;
  gateway.list_endpoints = [&answered](const v1::ListEndpointsRequest&,
                                       v1::ListEndpointsResponse&) {
    answered.WaitForNotification();
    return grpc::Status::OK;
  };
  Client client = ClientOf(gateway, absl::Milliseconds(50));
  EXPECT_THAT(client.ListEndpoints(), StatusIs(StatusCode::kDeadlineExceeded));
  answered.Notify();
}

TEST(ClientTest, WithoutAGatewayItIsUnavailableAtOnce) {
  std::optional<FakeGateway> gateway(std::in_place);
  Client client = ClientOf(*gateway, absl::InfiniteDuration());
  gateway.reset();
  const absl::Status status = client.ListEndpoints().status();
  EXPECT_THAT(status, StatusIs(StatusCode::kUnavailable));
  EXPECT_EQ(ReasonOf(status), "");
}

TEST(ClientTest, RefusesOptionsThatMakeNoSense) {
  EXPECT_THAT(Connect({.address = ""}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("host:port")));
  EXPECT_THAT(Connect({.deadline = absl::ZeroDuration()}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("deadline")));
  EXPECT_THAT(
      Connect({.keepalive_time = -absl::Seconds(1)}),
      StatusIs(StatusCode::kInvalidArgument, HasSubstr("keepalive_time")));
  EXPECT_THAT(
      Connect({.keepalive_timeout = absl::ZeroDuration()}),
      StatusIs(StatusCode::kInvalidArgument, HasSubstr("keepalive_timeout")));
}

}  // namespace
}  // namespace thespian::gateway::client
