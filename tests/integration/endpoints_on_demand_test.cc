// Endpoints that their first message starts, and that are stopped when they
// have had nothing to do.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/process/unique_fd.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/endpoints_gateway.h"
#include "tests/integration/gateway_process.h"
#include "tests/support/accounting.h"
#include "tests/support/attach_client.h"
#include "tests/support/rpc_failure.h"
#include "tests/support/rpc_values.h"

namespace thespian::gateway {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const std::vector<std::string> kDemoChild = {TG_DEMO_CHILD};
const std::vector<std::string> kNoProgram = {"/nothing/of/this/name"};

std::string OnDemand(std::string_view idle_stop = "0s") {
  return "start = \"on-demand\"\nidle-stop = \"" + std::string(idle_stop) +
         "\"\n";
}

// Before its incarnation `next`.
v1::Endpoint AwaitIdle(EndpointsGateway& gateway, const std::string& name,
                       uint64_t next) {
  return gateway.Await(name, [next](const v1::Endpoint& endpoint) {
    return endpoint.state() == v1::ENDPOINT_STATE_IDLE &&
           endpoint.incarnation() == next;
  });
}

// --- Started and stopped ---------------------------------------------------

TEST(OnDemandTest, IsStartedByAMessageStoppedWhenIdleAndStartedAgain) {
  EndpointsGateway gateway(TableOf("lazy", kDemoChild, OnDemand("200ms")));
  const v1::Endpoint before = gateway.Get("lazy");
  EXPECT_EQ(before.state(), v1::ENDPOINT_STATE_IDLE);
  EXPECT_EQ(before.pid(), 0);
  EXPECT_TRUE(gateway.Serves("endpoint/lazy"));
  EXPECT_TRUE(gateway.Serves(""));

  for (uint64_t run = 1; run <= 3; ++run) {
    v1::CallResponse response;
    ASSERT_THAT(CallEcho(gateway, "lazy", response), IsRpcOk());
    EXPECT_EQ(response.incarnation(), run);
    const v1::Endpoint idle = AwaitIdle(gateway, "lazy", run + 1);
    EXPECT_EQ(idle.pid(), 0);
    EXPECT_EQ(idle.counters().accepted(), run);
    EXPECT_EQ(idle.restarts(), run - 1);
    EXPECT_EQ(idle.last_exit().exit_code(), 0);
    ExpectBalanced(idle.counters());
    EXPECT_TRUE(gateway.Serves("endpoint/lazy"));
  }
}

TEST(OnDemandTest, IsNotStoppedWhileThereIsALink) {
  EndpointsGateway gateway(TableOf("linked", kDemoChild, OnDemand("1s")) +
                           TableOf("clock", kDemoChild, OnDemand("1s")));
  AttachClient client(gateway.stub());
  ASSERT_TRUE(client.Open());
  v1::ActorCommand hello = SendToName("echo", Text("hello"));
  hello.mutable_send_named()->set_endpoint("linked");
  client.Do(hello);
  const auto echo = client.Next(v1::ActorEvent::kDelivery);
  ASSERT_TRUE(echo.has_value());
  v1::ActorCommand link = LinkTo(echo->delivery().from_id());
  link.mutable_link()->set_endpoint("linked");
  client.Do(link);

  for (uint64_t run = 1; run <= 2; ++run) {
    EXPECT_THAT(CallEcho(gateway, "clock"), IsRpcOk());
    AwaitIdle(gateway, "clock", run + 1);
  }
  const v1::Endpoint linked = gateway.Get("linked");
  EXPECT_EQ(linked.state(), v1::ENDPOINT_STATE_RUNNING);
  EXPECT_EQ(linked.incarnation(), 1u);

  client.HalfClose();
  AwaitIdle(gateway, "linked", 2);
}

TEST(OnDemandTest, OfAPoolEachMemberIsStartedByItself) {
  EndpointsGateway gateway(TableOf(
      "pool", kDemoChild,
      OnDemand() + "replicas = 2\nmin-ready = 2\nbalance = \"round-robin\"\n"));
  EXPECT_TRUE(gateway.Serves("endpoint/pool")) << "IDLE is ready";

  EXPECT_THAT(CallEcho(gateway, "pool"), IsRpcOk());
  int idle = 0;
  for (const auto& [name, member] : gateway.Endpoints()) {
    if (member.state() == v1::ENDPOINT_STATE_IDLE) ++idle;
  }
  EXPECT_EQ(idle, 1);
  EXPECT_TRUE(gateway.Serves("endpoint/pool"));

  EXPECT_THAT(CallEcho(gateway, "pool"), IsRpcOk());
  gateway.AwaitRunning("pool/0");
  gateway.AwaitRunning("pool/1");
}

// --- Starts that fail, or take long ----------------------------------------

TEST(OnDemandTest, AStartThatFailsIsToldToWhoeverWaits) {
  EndpointsGateway gateway(TableOf("broken", kNoProgram, OnDemand()));
  EXPECT_TRUE(gateway.Serves("endpoint/broken")) << "nobody knows yet";

  const grpc::Status status = CallEcho(gateway, "broken");

  EXPECT_NE(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_THAT(status.error_message(), HasSubstr("/nothing/of/this/name"));
  const v1::Endpoint broken =
      gateway.Await("broken", [](const v1::Endpoint& endpoint) {
        return endpoint.state() == v1::ENDPOINT_STATE_FAILED;
      });
  ExpectBalanced(broken.counters());
  EXPECT_FALSE(gateway.Serves("endpoint/broken"));
}

// Where whoever dials gets no answer: nobody accepts, and there is no room for
// another one.
class FullListener {
 public:
  FullListener() {
    sockaddr_in address = {.sin_family = AF_INET,
                           .sin_addr = {htonl(INADDR_LOOPBACK)}};
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    listener_ = Socket();
    EXPECT_EQ(bind(listener_.get(), any, size), 0);
    EXPECT_EQ(listen(listener_.get(), 0), 0);
    EXPECT_EQ(getsockname(listener_.get(), any, &size), 0);
    port_ = ntohs(address.sin_port);
    for (int i = 0; i < 4; ++i) {
      waiting_.push_back(Socket());
      connect(waiting_.back().get(), any, size);
    }
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  static UniqueFd Socket() {
    return UniqueFd(
        socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  }

  UniqueFd listener_;
  std::vector<UniqueFd> waiting_;
  int port_ = 0;
};

TEST(OnDemandTest, TheDeadlineBoundsTheWaitForTheStart) {
  const FullListener listener;
  EndpointsGateway gateway("[endpoint.far]\nconnect = \"" + listener.address() +
                           "\"\n" + OnDemand());
  ASSERT_EQ(gateway.Get("far").state(), v1::ENDPOINT_STATE_IDLE);

  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + milliseconds(300));
  v1::CallRequest call = CallTo("echo", List("hello"));
  call.set_endpoint("far");
  v1::CallResponse response;
  const grpc::Status status = gateway.stub().Call(&context, call, &response);

  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  const v1::Endpoint far = gateway.Await("far", [](const v1::Endpoint& e) {
    return e.counters().dropped().contains("withdrawn");
  });
  EXPECT_EQ(far.state(), v1::ENDPOINT_STATE_STARTING);
  ExpectBalanced(far.counters());
}

TEST(OnDemandTest, APeerIsDialledByTheFirstMessage) {
  const std::string address = "unix:@tg-on-demand-" + std::to_string(getpid());
  Program peer({TG_MODEL_CHILD, "--listen", address});
  ASSERT_TRUE(peer.AwaitErr("listening on"));
  EndpointsGateway gateway("[endpoint.peer]\nconnect = \"" + address +
                           "\"\ndialect = \"thespian\"\n" + OnDemand("200ms"));
  ASSERT_EQ(gateway.Get("peer").state(), v1::ENDPOINT_STATE_IDLE);

  EXPECT_THAT(CallEcho(gateway, "peer"), IsRpcOk());
  AwaitIdle(gateway, "peer", 2);
  EXPECT_THAT(CallEcho(gateway, "peer"), IsRpcOk());
}

// --- Routes ----------------------------------------------------------------

v1::SendNamedRequest Go() {
  v1::SendNamedRequest go = SendRequestTo("any", Text("go"));
  go.set_endpoint("front");
  return go;
}

TEST(OnDemandTest, AMessageAlongARouteStartsTheOtherAndIsAnswered) {
  EndpointsGateway gateway(
      TableOf("back", kDemoChild, OnDemand()) +
      TableOf("front",
              {TG_SCRIPTED_CHILD, "frames:1", "from:7", "send-named:echo:hi",
               "frames:1", "stderr:it is answered", "until-eof"},
              "routes = { echo = \"back\" }\n" + OnDemand()));
  ASSERT_EQ(gateway.Get("back").state(), v1::ENDPOINT_STATE_IDLE);

  EXPECT_THAT(gateway.Send(Go()), IsRpcOk());
  EXPECT_TRUE(gateway.process().program().AwaitErr("it is answered"));

  const v1::Endpoint back = gateway.Get("back");
  EXPECT_EQ(back.state(), v1::ENDPOINT_STATE_RUNNING);
  EXPECT_EQ(back.incarnation(), 1u);
  const v1::Endpoint front = gateway.Get("front");
  ASSERT_THAT(front.relays(), SizeIs(1));
  EXPECT_EQ(front.relays(0).messages_in(), 1u);
  EXPECT_EQ(front.relays(0).messages_out(), 1u);
  ExpectBalanced(front.counters());
  ExpectBalanced(back.counters());
}

TEST(OnDemandTest, AMessageAlongARouteToWhatCanNotBeStartedIsRefused) {
  EndpointsGateway gateway(
      TableOf("back", kNoProgram, OnDemand()) +
      TableOf("front",
              {TG_SCRIPTED_CHILD, "frames:1", "from:7", "send-named:echo:hi",
               "frames:1", "send-named:echo:hi", "until-eof"},
              "routes = { echo = \"back\" }"));

  EXPECT_THAT(gateway.Send(Go()), IsRpcOk());
  const v1::Endpoint back =
      gateway.Await("back", [](const v1::Endpoint& endpoint) {
        return endpoint.state() == v1::ENDPOINT_STATE_FAILED;
      });
  EXPECT_EQ(back.counters().queued_bytes(), 0u);
  ExpectBalanced(back.counters());
  EXPECT_THAT(gateway.Send(Go()), IsRpcOk());

  const v1::Endpoint front =
      gateway.Await("front", [](const v1::Endpoint& endpoint) {
        return endpoint.relays_size() == 1 &&
               endpoint.relays(0).refused().contains("endpoint_failed");
      });
  EXPECT_EQ(front.relays(0).messages_in(), 2u);
  EXPECT_EQ(front.relays(0).waiting(), 0u);
}

}  // namespace
}  // namespace thespian::gateway
