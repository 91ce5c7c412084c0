// One gateway with several endpoints: children beside each other, pools, peers
// over sockets, and actors that speak along routes.
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/endpoints_gateway.h"
#include "tests/integration/gateway_runs.h"
#include "tests/support/accounting.h"
#include "tests/support/attach_client.h"
#include "tests/support/rpc_failure.h"
#include "tests/support/rpc_values.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::vector<std::string> kDemoChild = {TG_DEMO_CHILD};
const std::vector<std::string> kNoProgram = {"/nothing/of/this/name"};

// --- Beside each other -----------------------------------------------------

TEST(EndpointsTest, OneThatCantStartDoesNotKeepTheOthersFromServing) {
  EndpointsGateway gateway(TableOf("good", kDemoChild) +
                           TableOf("broken", kNoProgram) +
                           TableOf("better", kDemoChild));

  EXPECT_THAT(CallEcho(gateway, "good"), IsRpcOk());
  EXPECT_THAT(CallEcho(gateway, "better"), IsRpcOk());
  const v1::Endpoint broken = gateway.Get("broken");
  EXPECT_NE(broken.state(), v1::ENDPOINT_STATE_RUNNING);
  EXPECT_THAT(broken.state_reason(), HasSubstr("/nothing/of/this/name"));
  EXPECT_FALSE(CallEcho(gateway, "broken").ok());
}

TEST(EndpointsTest, HealthIsTheWholesAndEachEndpoints) {
  EndpointsGateway gateway(TableOf("good", kDemoChild) +
                           TableOf("broken", kNoProgram));

  EXPECT_TRUE(gateway.Serves("endpoint/good"));
  EXPECT_FALSE(gateway.Serves("endpoint/broken"));
  EXPECT_FALSE(gateway.Serves(""));
}

TEST(EndpointsTest, OneThatIsNotRequiredDoesNotCountForTheWhole) {
  EndpointsGateway gateway(TableOf("good", kDemoChild) +
                           TableOf("broken", kNoProgram, "required = false"));

  EXPECT_FALSE(gateway.Serves("endpoint/broken"));
  EXPECT_TRUE(gateway.Serves(""));
}

TEST(EndpointsTest, TheOnlyOneThatCantStartEndsTheGatewayAsAlways) {
  const TempDir directory;
  const std::string file = directory.File("gateway.toml");
  std::ofstream(file) << TableOf("only", kNoProgram);

  const Ended ended = RunGateway({"--listen", "127.0.0.1:0", "--config", file});

  EXPECT_EQ(ended.code, kChildCantRun);
  EXPECT_THAT(ended.err, HasSubstr("/nothing/of/this/name"));
}

TEST(EndpointsTest, AMessageWithoutAnEndpointHasToNameOne) {
  EndpointsGateway gateway(TableOf("one", kDemoChild) +
                           TableOf("two", kDemoChild));

  const grpc::Status status = CallEcho(gateway, "");

  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.error_message(), HasSubstr("endpoint"));
}

// --- Pools -----------------------------------------------------------------

const std::string kPool =
    TableOf("pool", kDemoChild,
            "replicas = 3\nbalance = \"round-robin\"\nrestart = \"always\"");

TEST(PoolTest, NamesGoRoundTheMembers) {
  EndpointsGateway gateway(kPool);
  ASSERT_THAT(gateway.Endpoints(), SizeIs(3));

  for (int i = 0; i < 6; ++i) {
    EXPECT_THAT(CallEcho(gateway, "pool"), IsRpcOk());
  }

  for (const auto& [name, member] : gateway.Endpoints()) {
    EXPECT_EQ(member.counters().accepted(), 2u) << name;
    EXPECT_EQ(member.pool(), "pool") << name;
  }
}

TEST(PoolTest, AnAnswerByIdReachesTheMemberThatWrote) {
  EndpointsGateway gateway(kPool);
  AttachClient client(gateway.stub());
  ASSERT_TRUE(client.Open());
  std::set<std::string> members;
  for (int i = 0; i < 3; ++i) {
    v1::ActorCommand start = SendToName("spawner", Text("start"));
    start.mutable_send_named()->set_endpoint("pool");
    client.Do(start);
    const auto hello = client.Next(v1::ActorEvent::kDelivery);
    ASSERT_TRUE(hello.has_value());
    const v1::ActorEvent::Delivery& delivery = hello->delivery();
    members.insert(delivery.endpoint());

    v1::ActorCommand answer = SendTo(delivery.from_id(), Text("back"));
    answer.mutable_send()->set_endpoint(delivery.endpoint());
    client.Do(answer);

    const auto echo = client.Next(v1::ActorEvent::kDelivery);
    ASSERT_TRUE(echo.has_value());
    EXPECT_EQ(echo->delivery().endpoint(), delivery.endpoint());
    EXPECT_EQ(echo->delivery().from_id(), delivery.from_id());
    EXPECT_EQ(echo->delivery().payload().cbor(), TextItem("back"));
  }
  EXPECT_THAT(members, ElementsAre("pool/0", "pool/1", "pool/2"));
}

TEST(PoolTest, ServesWhileAMemberThatWasKilledIsStartedAgain) {
  EndpointsGateway gateway(kPool);
  const v1::Endpoint killed = gateway.Get("pool/1");
  ASSERT_GT(killed.pid(), 0);

  ASSERT_EQ(kill(static_cast<pid_t>(killed.pid()), SIGKILL), 0);
  gateway.Await("pool/1", [&killed](const v1::Endpoint& member) {
    return member.pid() != killed.pid();
  });

  // Those that are under way to the killed one are lost; none is from now on.
  for (int i = 0; i < 6; ++i) {
    EXPECT_THAT(CallEcho(gateway, "pool"), IsRpcOk());
  }
  const v1::Endpoint again =
      gateway.Await("pool/1", [](const v1::Endpoint& member) {
        return member.state() == v1::ENDPOINT_STATE_RUNNING &&
               member.incarnation() == 2;
      });
  EXPECT_NE(again.pid(), killed.pid());
  EXPECT_TRUE(gateway.Serves("endpoint/pool"));
  EXPECT_TRUE(gateway.Serves(""));
  for (const auto& [name, member] : gateway.Endpoints()) {
    ExpectBalanced(member.counters());
  }
}

// --- Peers over sockets ----------------------------------------------------

TEST(PeersTest, AProcessThatListensIsDialled) {
  const std::string address = OwnAddress("listens");
  Program peer({TG_MODEL_CHILD, "--listen", address});
  ASSERT_TRUE(peer.AwaitErr("listening on"));
  const std::string file = "[endpoint.peer]\nconnect = \"" + address +
                           "\"\ndialect = \"thespian\"\n";
  EndpointsGateway gateway(file);
  EndpointsGateway another(file);

  for (EndpointsGateway* each : {&gateway, &another}) {
    const v1::Endpoint endpoint = each->AwaitRunning("peer");
    EXPECT_EQ(endpoint.connect(), address);
    EXPECT_EQ(endpoint.pid(), 0);
    EXPECT_THAT(endpoint.command(), IsEmpty());
    EXPECT_THAT(CallEcho(*each, "peer"), IsRpcOk());
  }
}

TEST(PeersTest, OneThatComesBackIsDialledAgain) {
  const std::string address = OwnAddress("again");
  auto peer = std::make_unique<Program>(
      std::vector<std::string>{TG_MODEL_CHILD, "--listen", address});
  ASSERT_TRUE(peer->AwaitErr("listening on"));
  EndpointsGateway gateway("[endpoint.peer]\nconnect = \"" + address +
                           "\"\ndialect = \"thespian\"\n");
  gateway.AwaitRunning("peer");

  peer = nullptr;
  gateway.Await("peer", [](const v1::Endpoint& endpoint) {
    return endpoint.state() != v1::ENDPOINT_STATE_RUNNING;
  });
  peer = std::make_unique<Program>(
      std::vector<std::string>{TG_MODEL_CHILD, "--listen", address});

  EXPECT_GE(gateway.AwaitRunning("peer").incarnation(), 2u);
  EXPECT_THAT(CallEcho(gateway, "peer"), IsRpcOk());
}

TEST(PeersTest, ProcessesThatDialInAreMembersUntilTheyLeave) {
  const std::string address = OwnAddress("dials");
  EndpointsGateway gateway("[endpoint.guests]\naccept = \"" + address +
                           "\"\ndialect = \"thespian\"\n"
                           "balance = \"round-robin\"\n");
  EXPECT_THAT(gateway.Endpoints(), IsEmpty());
  const std::vector<std::string> dials = {TG_MODEL_CHILD, "--connect", address};
  auto first = std::make_unique<Program>(dials);
  gateway.AwaitRunning("guests/0");
  const Program second(dials);
  gateway.AwaitRunning("guests/1");

  EXPECT_THAT(CallEcho(gateway, "guests"), IsRpcOk());
  EXPECT_THAT(CallEcho(gateway, "guests"), IsRpcOk());
  for (const auto& [name, member] : gateway.Endpoints()) {
    EXPECT_EQ(member.counters().accepted(), 1u) << name;
    EXPECT_EQ(member.pool(), "guests");
  }

  first = nullptr;
  gateway.Await("guests/0", [](const v1::Endpoint& endpoint) {
    return endpoint.name().empty();
  });
  EXPECT_THAT(CallEcho(gateway, "guests/1"), IsRpcOk());
}

// Each is the other's peer: its clients are the other's remote actors.
TEST(PeersTest, AGatewayCanDialAnother) {
  const std::string address = OwnAddress("gateways");
  EndpointsGateway dialled("[endpoint.guests]\naccept = \"" + address +
                           "\"\ndialect = \"thespian\"\n");
  AttachClient logger(dialled.stub());
  ASSERT_TRUE(logger.Open("logger"));
  EndpointsGateway dials("[endpoint.peer]\nconnect = \"" + address +
                         "\"\ndialect = \"thespian\"\n");
  dials.AwaitRunning("peer");

  v1::CallResponse response;
  grpc::Status status;
  std::thread call([&] {
    status = dials.Call("peer", CallTo("logger", List("question")), response);
  });
  const auto question = logger.Next(v1::ActorEvent::kDelivery);
  if (question.has_value()) {
    EXPECT_EQ(question->delivery().endpoint(), "guests/0");
    EXPECT_EQ(question->delivery().payload().cbor(), ListItem("question"));
    v1::ActorCommand answer =
        SendTo(question->delivery().from_id(), List("answer"));
    answer.mutable_send()->set_endpoint("guests/0");
    logger.Do(answer);
  }
  call.join();

  EXPECT_TRUE(question.has_value());
  EXPECT_THAT(status, IsRpcOk());
  EXPECT_EQ(response.payload().cbor(), ListItem("answer"));
}

// --- Routes ----------------------------------------------------------------

void ExpectLaneBalanced(const v1::RelayLane& lane) {
  uint64_t gone = lane.messages_out() + lane.dropped() + lane.waiting();
  for (const auto& [reason, count] : lane.refused()) gone += count;
  EXPECT_EQ(lane.messages_in(), gone) << lane.to_endpoint();
}

TEST(RoutesTest, AnActorIsAnsweredByOneOfAnotherEndpoint) {
  EndpointsGateway gateway(
      TableOf("back", kDemoChild) +
      TableOf("front",
              {TG_SCRIPTED_CHILD, "frames:1", "from:7", "send-named:echo:hi",
               "send-named:nobody:hi", "frames:1", "stderr:it is answered",
               "until-eof"},
              "routes = { echo = \"back\" }"));

  // Both run by now.
  v1::SendNamedRequest go = SendRequestTo("any", Text("go"));
  go.set_endpoint("front");
  EXPECT_THAT(gateway.Send(go), IsRpcOk());
  EXPECT_TRUE(gateway.process().program().AwaitErr("it is answered"));

  const v1::Endpoint front = gateway.Get("front");
  ASSERT_THAT(front.relays(), SizeIs(1));
  EXPECT_EQ(front.relays(0).to_endpoint(), "back");
  EXPECT_EQ(front.relays(0).messages_in(), 1u);
  EXPECT_EQ(front.relays(0).messages_out(), 1u);
  ExpectLaneBalanced(front.relays(0));
  EXPECT_EQ(front.counters().undeliverable().at("no_such_name"), 1u);
  const v1::Endpoint back = gateway.Get("back");
  ASSERT_THAT(back.relays(), SizeIs(1));
  EXPECT_EQ(back.relays(0).to_endpoint(), "front");
  EXPECT_EQ(back.relays(0).messages_out(), 1u);
  ExpectLaneBalanced(back.relays(0));
  ExpectBalanced(front.counters());
  ExpectBalanced(back.counters());
}

TEST(RoutesTest, ThatGoRoundAreRefused) {
  const TempDir directory;
  const std::string file = directory.File("gateway.toml");
  std::ofstream(file) << TableOf("a", kDemoChild, "routes = { x = \"b\" }")
                      << TableOf("b", kDemoChild, "routes = { x = \"a\" }");

  const Ended ended = RunGateway({"--listen", "127.0.0.1:0", "--config", file});

  EXPECT_EQ(ended.code, kConfig);
  EXPECT_THAT(ended.err, AllOf(IsOneLine(), HasSubstr("routes")));
}

}  // namespace
}  // namespace thespian::gateway
