// The model of a thespian process over each kind of socket, with real gateways:
// it listens or dials, goes and comes back, and serves two of them at once.
#include <signal.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/endpoints_gateway.h"
#include "tests/support/accounting.h"
#include "tests/support/attach_client.h"
#include "tests/support/rpc_failure.h"
#include "tests/support/rpc_values.h"
#include "tests/support/watcher.h"

namespace thespian::gateway {
namespace {

using ::testing::Bool;
using ::testing::Combine;
using ::testing::IsEmpty;
using ::testing::Values;

// A thespian peer at one end, gateways at the other; the parameters say by what
// kind of address, and whether the peer is the one that dials.
class SocketTest
    : public ::testing::TestWithParam<std::tuple<std::string, bool>> {
 protected:
  bool PeerDials() const { return std::get<1>(GetParam()); }
  std::string member() const { return PeerDials() ? "peer/0" : "peer"; }

  // Where who listens is to listen.
  std::string NewAddress() const {
    const std::string& kind = std::get<0>(GetParam());
    if (kind == "Tcp") return "127.0.0.1:0";
    if (kind == "File") return "unix:" + path_;
    return OwnAddress("sockets");
  }

  std::unique_ptr<EndpointsGateway> NewGateway() const {
    const std::string how = PeerDials() ? "accept = \"" + NewAddress() + "\"\n"
                                        : "connect = \"" + address_ + "\"\n";
    return std::make_unique<EndpointsGateway>(
        "[endpoint.peer]\n" + how +
        "dialect = \"thespian\"\nnames = [\"echo\", \"spawner\"]\n"
        "restart-delay = \"5ms\"\n");
  }

  // Starts whoever listens first.
  void Meet() {
    if (!PeerDials()) StartPeer();
    gateway_ = NewGateway();
    if (!PeerDials()) return;
    address_ = gateway_->process().program().AwaitRestOfErr("may dial in at ");
    StartPeer();
  }

  void StartPeer() {
    if (PeerDials()) {
      peer_ = std::make_unique<Program>(
          std::vector<std::string>{TG_MODEL_CHILD, "--connect", address_});
      return;
    }
    const std::string where = address_.empty() ? NewAddress() : address_;
    unlink(path_.c_str());
    peer_ = std::make_unique<Program>(
        std::vector<std::string>{TG_MODEL_CHILD, "--listen", where});
    address_ = peer_->AwaitRestOfErr("listening on ");
  }

  // The spawner's new actor speaks to the client, and is linked to it.
  v1::ActorEvent::Delivery LinkToNewActor(AttachClient& client) const {
    EXPECT_TRUE(client.Open());
    v1::ActorCommand start = SendToName("spawner", List("start"));
    start.mutable_send_named()->set_endpoint(member());
    client.Do(start);
    const auto hello = client.Next(v1::ActorEvent::kDelivery);
    EXPECT_TRUE(hello.has_value());
    if (!hello.has_value()) return {};
    v1::ActorCommand link = LinkTo(hello->delivery().from_id(), 1);
    link.mutable_link()->set_endpoint(member());
    client.Do(link);
    EXPECT_TRUE(client.Next(v1::ActorEvent::kCommandResult).has_value());
    return hello->delivery();
  }

  // What is sent to the actor by its id comes back.
  void ExpectEchoOf(AttachClient& client,
                    const v1::ActorEvent::Delivery& hello) const {
    v1::ActorCommand question = SendTo(hello.from_id(), List("and now"));
    question.mutable_send()->set_endpoint(hello.endpoint());
    client.Do(question);
    EXPECT_EQ(client.NextCbor(), ListItem("and now"));
  }

  const TempDir directory_;
  const std::string path_ = directory_.File("socket");
  std::string address_;  // where who listens does
  std::unique_ptr<Program> peer_;
  std::unique_ptr<EndpointsGateway> gateway_;
};

TEST_P(SocketTest, IsServedAsAChildIs) {
  Meet();

  const v1::Endpoint endpoint = gateway_->AwaitRunning(member());
  EXPECT_EQ(endpoint.pid(), 0);
  EXPECT_THAT(endpoint.command(), IsEmpty());
  EXPECT_EQ(endpoint.connect(), PeerDials() ? "" : address_);
  EXPECT_THAT(CallEcho(*gateway_, "peer"), IsRpcOk());
  AttachClient client(gateway_->stub());
  const v1::ActorEvent::Delivery hello = LinkToNewActor(client);
  EXPECT_EQ(hello.endpoint(), member());
  ExpectEchoOf(client, hello);
  ExpectBalanced(gateway_->Get(member()).counters());
}

TEST_P(SocketTest, ComesBackAfterItWasKilled) {
  Meet();
  gateway_->AwaitRunning(member());
  AttachClient client(gateway_->stub());
  const v1::ActorEvent::Delivery hello = LinkToNewActor(client);

  for (uint64_t times = 1; times <= 3; ++times) {
    const uint64_t before = gateway_->Get(member()).incarnation();
    peer_->Kill(SIGKILL);
    gateway_->Await(member(), [](const v1::Endpoint& endpoint) {
      return endpoint.state() != v1::ENDPOINT_STATE_RUNNING;
    });
    if (PeerDials()) gateway_->AwaitGone(member());
    StartPeer();
    const v1::Endpoint again = gateway_->AwaitRunning(member());

    // Who dials in is another peer, and begins to count.
    EXPECT_GE(again.incarnation(), PeerDials() ? 1 : before + 1);
    EXPECT_THAT(CallEcho(*gateway_, "peer"), IsRpcOk());
  }

  const auto exited = client.Next(v1::ActorEvent::kExited);
  ASSERT_TRUE(exited.has_value());
  EXPECT_EQ(exited->exited().remote_id(), hello.from_id());
  EXPECT_EQ(exited->exited().reason(), "transport_closed");
}

TEST_P(SocketTest, IsToldThatTheGatewayLeavesAndSeesTheNextOne) {
  Meet();
  gateway_->AwaitRunning(member());
  EXPECT_THAT(CallEcho(*gateway_, "peer"), IsRpcOk());

  gateway_ = nullptr;

  EXPECT_TRUE(peer_->AwaitErr("endpoint_stopped")) << peer_->err();
  if (PeerDials()) {
    EXPECT_EQ(peer_->Wait().code, 1);
    Meet();
  } else {
    gateway_ = NewGateway();
  }
  gateway_->AwaitRunning(member());
  EXPECT_THAT(CallEcho(*gateway_, "peer"), IsRpcOk());
}

INSTANTIATE_TEST_SUITE_P(Addresses, SocketTest,
                         Combine(Values("File", "Abstract", "Tcp"), Bool()),
                         [](const auto& row) {
                           return std::get<0>(row.param) +
                                  (std::get<1>(row.param) ? "Dials"
                                                          : "Listens");
                         });

// Its watcher is told of the first peer.
TEST(EmptyPoolTest, IsWatchedUntilAPeerComes) {
  EndpointsGateway gateway("[endpoint.peer]\naccept = \"" +
                           OwnAddress("watched") +
                           "\"\ndialect = \"thespian\"\n");
  v1::WatchProxiesRequest request;
  request.set_endpoint("peer");
  Watcher watcher(gateway.stub(), request);
  ASSERT_TRUE(watcher.Next(v1::ProxyEvent::kSnapshotComplete).has_value());

  const Program peer({TG_MODEL_CHILD, "--connect", OwnAddress("watched")});

  const auto events = watcher.UntilState(v1::ENDPOINT_STATE_RUNNING);
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.back().endpoint(), "peer/0");
}

// One process that listens, and two gateways that dial it.
using SharedPeerTest = SocketTest;

TEST_P(SharedPeerTest, ServesEachGatewayByItself) {
  StartPeer();
  gateway_ = NewGateway();
  auto other = NewGateway();
  gateway_->AwaitRunning("peer");
  other->AwaitRunning("peer");
  AttachClient client(gateway_->stub());
  const v1::ActorEvent::Delivery hello = LinkToNewActor(client);
  {
    // The same ids, of other actors.
    AttachClient guest(other->stub());
    EXPECT_EQ(LinkToNewActor(guest).from_id(), hello.from_id());
    for (int i = 0; i < 20; ++i) {
      EXPECT_THAT(CallEcho(*gateway_, "peer"), IsRpcOk());
      EXPECT_THAT(CallEcho(*other, "peer"), IsRpcOk());
    }
  }
  // The calls and what was sent to the spawner.
  EXPECT_EQ(gateway_->Get("peer").counters().accepted(), 21u);
  EXPECT_EQ(other->Get("peer").counters().accepted(), 21u);

  other->process().program().Kill(SIGKILL);
  other->process().program().Wait();
  EXPECT_TRUE(peer_->AwaitErr("control exits: ")) << peer_->err();

  ExpectEchoOf(client, hello);
  EXPECT_EQ(gateway_->Get("peer").incarnation(), 1u);
  other = NewGateway();
  other->AwaitRunning("peer");
  EXPECT_THAT(CallEcho(*other, "peer"), IsRpcOk());
}

INSTANTIATE_TEST_SUITE_P(Addresses, SharedPeerTest,
                         Combine(Values("File", "Abstract", "Tcp"),
                                 Values(false)),
                         [](const auto& row) {
                           return std::get<0>(row.param);
                         });

}  // namespace
}  // namespace thespian::gateway
