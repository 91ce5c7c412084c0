// ListProxies, ListEndpoints and GetEndpoint.
#include <chrono>

#include "gmock/gmock.h"
#include "tests/server/gateway_test.h"
#include "tests/support/patience.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ListTest : public GatewayTest {
 protected:
  grpc::Status List(const v1::ListProxiesRequest& request,
                    v1::ListProxiesResponse& response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    return stub().ListProxies(&context, request, &response);
  }

  void ExpectFieldInvalid(const v1::ListProxiesRequest& request,
                          const std::string& field) {
    v1::ListProxiesResponse response;
    const grpc::Status status = List(request, response);
    EXPECT_THAT(status,
                FailsWith(grpc::StatusCode::INVALID_ARGUMENT, "FIELD_INVALID"));
    EXPECT_THAT(FailureOf(status).fields, ElementsAre(field));
    EXPECT_THAT(status.error_message(), HasSubstr(field));
  }
};

TEST_F(ListTest, AProxyIsListedWithItsCounters) {
  RunScript({"from:7", "send-named:ready:x", "send-named:ready:x"});
  const auto client = Attach();
  while (GetEndpoint().counters().received() < 2) {
  }
  EXPECT_THAT(Send(SendRequestTo(7, Text("x"))), IsRpcOk());
  client->Do(LinkTo(7, 1));
  ASSERT_TRUE(client->Next(v1::ActorEvent::kCommandResult).has_value());

  v1::ListProxiesResponse response;
  do {  // the link is made by the child's own thread
    response.Clear();
    ASSERT_THAT(List({}, response), IsRpcOk());
    ASSERT_EQ(response.proxies_size(), 1);
  } while (response.proxies(0).links() == 0);

  const v1::Proxy& proxy = response.proxies(0);
  EXPECT_EQ(proxy.remote_id(), 7u);
  EXPECT_EQ(proxy.incarnation(), 1u);
  EXPECT_EQ(proxy.messages_received(), 2u);
  EXPECT_EQ(proxy.messages_sent(), 1u);
  EXPECT_EQ(proxy.links(), 1u);
  EXPECT_GT(proxy.create_time().seconds(), 0);
  EXPECT_THAT(response.next_page_token(), IsEmpty());
}

TEST_F(ListTest, PagesListEveryProxyOnce) {
  constexpr uint64_t kProxies = 250;
  RunScript({"proxies:" + std::to_string(kProxies)});
  while (GetEndpoint().counters().proxies_live() < kProxies) {
  }
  for (const int page_size : {0, 1, 7, 250, 1'000}) {
    SCOPED_TRACE(::testing::Message() << "pages of " << page_size);
    v1::ListProxiesRequest request;
    request.set_page_size(page_size);
    uint64_t listed = 0;
    do {
      v1::ListProxiesResponse response;
      ASSERT_THAT(List(request, response), IsRpcOk());
      EXPECT_LE(response.proxies_size(), page_size == 0 ? 100 : page_size);
      for (const v1::Proxy& proxy : response.proxies()) {
        EXPECT_EQ(proxy.remote_id(), ++listed);
      }
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty());
    EXPECT_EQ(listed, kProxies);
  }
}

TEST_F(ListTest, BadPagesAreRefused) {
  RunDemo();
  v1::ListProxiesRequest request;
  for (const int size : {-1, 1'001}) {
    request.set_page_size(size);
    ExpectFieldInvalid(request, "page_size");
  }
  request.set_page_size(10);
  for (const std::string token :
       {"x", "1", "1.2", " ",
        "000000000000000100000000000000020000000000000003"}) {
    request.set_page_token(token);
    ExpectFieldInvalid(request, "page_token");
  }
}

TEST_F(ListTest, AnUnknownEndpointIsAnError) {
  RunDemo();
  v1::ListProxiesRequest list;
  list.set_endpoint("nowhere");
  v1::ListProxiesResponse proxies;
  EXPECT_THAT(List(list, proxies),
              FailsWith(grpc::StatusCode::NOT_FOUND, "ENDPOINT_UNKNOWN"));

  grpc::ClientContext context;
  v1::GetEndpointRequest get;
  get.set_endpoint("nowhere");
  v1::GetEndpointResponse endpoint;
  const grpc::Status status = stub().GetEndpoint(&context, get, &endpoint);
  EXPECT_THAT(status,
              FailsWith(grpc::StatusCode::NOT_FOUND, "ENDPOINT_UNKNOWN"));
  EXPECT_THAT(status.error_message(), HasSubstr("'nowhere'"));
}

TEST_F(ListTest, EndpointsAreListedByName) {
  options_.endpoint.name = "left";
  options_.second_endpoint = "right";
  RunDemo();

  grpc::ClientContext context;
  v1::ListEndpointsResponse response;
  ASSERT_THAT(stub().ListEndpoints(&context, {}, &response), IsRpcOk());

  ASSERT_EQ(response.endpoints_size(), 2);
  EXPECT_EQ(response.endpoints(0).name(), "left");
  EXPECT_EQ(response.endpoints(0).state(), v1::ENDPOINT_STATE_RUNNING);
  EXPECT_EQ(response.endpoints(1).name(), "right");
  EXPECT_EQ(response.endpoints(1).pid(), 0);
  EXPECT_FALSE(response.endpoints(1).has_uptime());
}

TEST_F(ListTest, AnEndpointTellsItsLimits) {
  options_.endpoint.max_frame_bytes = 100'000;
  RunDemo();

  const v1::EndpointLimits limits = GetEndpoint().limits();

  EXPECT_EQ(limits.max_frame_bytes(), 100'000u);
  EXPECT_EQ(limits.max_outgoing_frame_bytes(), 100'000u);
  EXPECT_EQ(limits.max_payload_bytes(), 0u);
  EXPECT_EQ(limits.dialect(), "plain");
  EXPECT_EQ(limits.queue_bytes(), uint64_t{8} << 20);
  EXPECT_EQ(limits.names_size(), 0);
}

TEST_F(ListTest, AnEndpointTellsTheLimitsOfItsDialect) {
  options_.endpoint.dialect = Dialect::kThespian16k;
  options_.endpoint.names = {"echo", "counter"};
  RunDemo();

  const v1::EndpointLimits limits = GetEndpoint().limits();

  EXPECT_EQ(limits.max_outgoing_frame_bytes(), 16'389u);
  EXPECT_EQ(limits.max_payload_bytes(), 16'348u);
  EXPECT_EQ(limits.dialect(), "thespian-16k");
  EXPECT_THAT(limits.names(), ElementsAre("echo", "counter"));
}

TEST_F(ListTest, AnEndpointCountsWhatWentThroughIt) {
  RunDemo();
  const auto client = Attach();
  client->Do(SendToName("echo", Text("x")));
  EXPECT_EQ(client->NextCbor(), TextItem("x"));

  const v1::EndpointCounters counters = GetEndpoint().counters();

  EXPECT_EQ(counters.accepted(), 1u);
  EXPECT_EQ(counters.written(), 1u);
  EXPECT_EQ(counters.received(), 1u);
  EXPECT_EQ(counters.delivered(), 1u);
  EXPECT_EQ(counters.frames_received(), 1u);
  EXPECT_EQ(counters.proxies_live(), 1u);
}

}  // namespace
}  // namespace thespian::gateway
