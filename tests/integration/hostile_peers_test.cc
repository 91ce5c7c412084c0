// What a peer over a socket can do wrong, as docs/reliability.md has it: real
// gateways, and a real process at the other side, once as one that is dialled
// (by an abstract name) and once as one that dials in (by TCP). After each
// fault another endpoint serves, and so does the next peer.
#include <signal.h>

#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/endpoints_gateway.h"
#include "tests/support/accounting.h"
#include "tests/support/attach_client.h"
#include "tests/support/frames.h"
#include "tests/support/hex.h"
#include "tests/support/rpc_failure.h"
#include "tests/support/rpc_values.h"
#include "tests/support/watcher.h"

namespace thespian::gateway {
namespace {

using ::testing::Combine;
using ::testing::StartsWith;
using ::testing::ValuesIn;

using Verbs = std::vector<std::string>;

std::string HexOf(const std::string& content) {
  return "hex:" + ToHex(FrameOf(content));
}

// Actor 1 says null to whoever is called "hi".
const std::string kHiFrame = ToHex(FrameOf("\x84\x6asend_named\x01\x62hi\xf6"));
// Actor 2 to a name that nobody has.
const std::string kToNobody =
    ToHex(FrameOf("\x84\x6asend_named\x02\x66nobody\xf6"));

std::string Times(uint64_t count, const std::string& hex) {
  return "repeat:" + std::to_string(count) + ":" + hex;
}

// What is done once a client is linked to actor 1 of the peer.
struct Fault {
  std::string name;
  Verbs verbs;
  std::string told;  // why the incarnation ended; empty: it did not
  // The test counts the frames that it rejected, and what reached nobody.
  uint64_t skipped = 0;
  uint64_t undeliverable = 0;
};

enum class Side { kListens, kDials };
constexpr Side kSides[] = {Side::kListens, Side::kDials};

class HostilePeerTest
    : public ::testing::TestWithParam<std::tuple<Fault, Side>> {
 protected:
  const Fault& fault() const { return std::get<0>(GetParam()); }
  bool PeerDials() const { return std::get<1>(GetParam()) == Side::kDials; }
  std::string member() const { return PeerDials() ? "peer/0" : "peer"; }

  void Meet(const Verbs& verbs) {
    if (!PeerDials()) StartPeer(verbs);
    gateway_ = std::make_unique<EndpointsGateway>(
        TableOf("other", {TG_DEMO_CHILD}) + "[endpoint.peer]\n" +
        (PeerDials() ? "accept = \"127.0.0.1:0\"\n"
                     : "connect = \"" + address_ + "\"\n") +
        "stop-grace = \"200ms\"\nrestart-delay = \"5ms\"\n"
        "max-frame-bytes = 65536\nhang-timeout = \"100ms\"\n");
    if (!PeerDials()) return;
    address_ = gateway_->process().program().AwaitRestOfErr("may dial in at ");
    StartPeer(verbs);
  }

  void StartPeer(const Verbs& verbs) {
    Verbs command = {TG_SCRIPTED_CHILD,
                     (PeerDials() ? "connect:" : "listen:") + address_};
    command.insert(command.end(), verbs.begin(), verbs.end());
    peer_ = std::make_unique<Program>(command);
    if (PeerDials()) return;
    EXPECT_TRUE(peer_->AwaitErr("listening on"));
  }

  // A client is linked to the peer's actor 1, and says go.
  void MeetAndLink(const Verbs& verbs) {
    Verbs all = {"send-named:hi:hello", "frames:2"};
    all.insert(all.end(), verbs.begin(), verbs.end());
    Meet(all);
    watcher_ = std::make_unique<Watcher>(gateway_->stub(), OfThePeer());
    ASSERT_TRUE(watcher_->Next(v1::ProxyEvent::kProxyCreated).has_value());
    client_ = std::make_unique<AttachClient>(gateway_->stub());
    ASSERT_TRUE(client_->Open("hi"));
    v1::ActorCommand link = LinkTo(1);
    link.mutable_link()->set_endpoint(member());
    ASSERT_TRUE(client_->Do(link));
    ASSERT_TRUE(watcher_->Next(v1::ProxyEvent::kLinkCreated).has_value());
    ASSERT_TRUE(client_->Do(ToPeer(Text("go"))));
  }

  v1::WatchProxiesRequest OfThePeer() const {
    v1::WatchProxiesRequest request;
    request.set_endpoint("peer");
    return request;
  }

  v1::ActorCommand ToPeer(const v1::Payload& payload) const {
    v1::ActorCommand send = SendToName("x", payload);
    send.mutable_send_named()->set_endpoint(member());
    return send;
  }

  // The one beside it was not touched, and the next peer is served.
  void ExpectTheRestIsServed() {
    EXPECT_THAT(CallEcho(*gateway_, "other"), IsRpcOk());
    const v1::Endpoint other = gateway_->Get("other");
    EXPECT_EQ(other.incarnation(), 1u);
    ExpectBalanced(other.counters());
    if (PeerDials()) gateway_->AwaitGone(member());
    StartPeer({"echo"});
    gateway_->AwaitRunning(member());
    EXPECT_THAT(CallEcho(*gateway_, member()), IsRpcOk());
    ExpectBalanced(gateway_->Get(member()).counters());
  }

  std::string address_ = OwnAddress("hostile");
  std::unique_ptr<Program> peer_;
  std::unique_ptr<EndpointsGateway> gateway_;
  std::unique_ptr<Watcher> watcher_;
  std::unique_ptr<AttachClient> client_;
};

std::string NameOf(
    const ::testing::TestParamInfo<std::tuple<Fault, Side>>& row) {
  return std::get<0>(row.param).name +
         (std::get<1>(row.param) == Side::kDials ? "Dials" : "Listens");
}

// --- Faults that end the incarnation ---------------------------------------

const std::string kProtocol = "protocol error: ";
const std::string kClosed = "the peer closed the connection";

std::vector<Fault> Fatal() {
  const std::string hi = FromHex(kHiFrame).substr(5);
  const std::string deep = "\x84\x64send\x01\x01" + std::string(70, '\x81');
  return {
      {"Garbage", {"hex:ff00ff", "until-eof"}, kProtocol},
      {"PrintsText",
       {"hex:" + ToHex("hello, world\n"), "until-eof"},
       kProtocol},
      {"HalfAFrame", {"hex:5a0000001083", "exit:0"}, kProtocol},
      {"HalfAHead", {"hex:5a00", "exit:0"}, kProtocol},
      {"HalfAFrameAndItsHalf",
       {"hex:5a0000001083", "half-close", "until-eof"},
       kProtocol},
      {"AnnouncesTwoToThe63",
       {"announce:9223372036854775808", "until-eof"},
       kProtocol},
      {"AnnouncesBeyond64MiB", {"announce:67108865", "until-eof"}, kProtocol},
      {"EndlessLength", {"hex:5f", "until-eof"}, kProtocol},
      {"NestsTooDeep", {HexOf(deep + "\x01"), "until-eof"}, kProtocol},
      {"NoArray", {HexOf("\x01"), "until-eof"}, kProtocol},
      {"TrailingBytes", {HexOf(hi + "\x01"), "until-eof"}, kProtocol},
      {"BadCbor", {HexOf("\x84\x64send\x01\x01\xfc"), "until-eof"}, kProtocol},
      {"CutCbor", {HexOf("\x84\x64send\x01"), "until-eof"}, kProtocol},
      {"Empty", {HexOf(""), "until-eof"}, kProtocol},
      {"GoesOnTalking",
       {"hex:ff00ff", Times(1'000'000'000, kHiFrame)},
       kProtocol},
      {"GarbageAndStays", {"hex:ff00ff", "deaf"}, kProtocol},
      {"Closes", {"exit:0"}, kClosed},
      {"Dies", {"signal:9"}, kClosed},
      {"DiesInABurst", {Times(1'000, kHiFrame), "exit:0"}, kClosed},
      {"ClosesItsHalf", {"half-close", "until-eof"}, kClosed},
      {"ClosesItsHalfAndStays", {"half-close", "deaf"}, kClosed},
      {"SaysGoodbye",
       {HexOf("\x82\x6ftransport_error\x65tired"), "until-eof"},
       "transport_error: tired"},
      {"SaysThatWeClosed",
       {HexOf("\x82\x6ftransport_error\x6bpeer_closed"), "until-eof"},
       "peer_closed"},
  };
}

using FatalPeerFaultTest = HostilePeerTest;

// The client is told once and last, the watcher why, and who talks to the end
// finds the connection closed.
TEST_P(FatalPeerFaultTest, EndsTheIncarnationAlone) {
  ASSERT_NO_FATAL_FAILURE(MeetAndLink(fault().verbs));

  uint64_t said = 0;
  auto event = client_->Next();
  for (; event.has_value() && !event->has_exited(); event = client_->Next()) {
    if (event->has_delivery()) ++said;
  }
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->exited().remote_id(), 1u);
  EXPECT_EQ(event->exited().reason(), "transport_closed");
  EXPECT_EQ(said, fault().name == "DiesInABurst" ? 1'000u : 0u);
  const auto events = watcher_->UntilState(
      PeerDials() ? v1::ENDPOINT_STATE_STOPPED : v1::ENDPOINT_STATE_BACKOFF);
  ASSERT_FALSE(events.empty());
  EXPECT_THAT(events.back().endpoint_state_changed().exit().reason(),
              StartsWith(fault().told));
  if (fault().name == "GoesOnTalking") {
    const Ended ended = peer_->Wait();
    EXPECT_TRUE(ended.code == 97 || ended.signal == SIGPIPE) << ended.code;
  }
  ExpectTheRestIsServed();
  // Not again, by any later end.
  ASSERT_TRUE(client_->Do(ToPeer(Text("again"))));
  while ((event = client_->Next()).has_value() && !event->has_delivery()) {
    EXPECT_FALSE(event->has_exited()) << event->ShortDebugString();
  }
}

INSTANTIATE_TEST_SUITE_P(Rows, FatalPeerFaultTest,
                         Combine(ValuesIn(Fatal()), ValuesIn(kSides)), NameOf);

// --- Faults that are survived ----------------------------------------------

std::vector<Fault> Survived() {
  constexpr uint64_t kMany = 20'000;
  const std::string many = std::to_string(kMany);
  return {
      {"SaysItByteByByte", {"split:" + kHiFrame}, ""},
      {"UnknownVerb", {HexOf("\x81\x63huh")}, "", 1},
      {"WrongArity", {HexOf("\x83\x64send\x01\x01")}, "", 1},
      {"WrongType", {HexOf("\x83\x64link\x01\x63one")}, "", 1},
      {"NegativeId", {HexOf("\x83\x64link\x20\x01")}, "", 1},
      {"FrameTooLarge", {"announce:5000000", Times(5'000'000, "80")}, "", 1},
      {"SendsToUnknownIds",
       {"send:4000000000:lost", "send:18446744073709551615:lost"},
       "",
       0,
       2},
      {"LinksToUnknownIds", {"link:4000000000", "frames:1"}, ""},
      {"ExitOfUnknownIds", {"from:77", "die:never was", "from:1"}, ""},
      {"FloodsOneName",
       {"from:2", Times(100'000, kToNobody), "from:1"},
       "",
       0,
       100'000},
      {"ManyActors",
       {"proxies:" + many, "exits:" + many, "from:1"},
       "",
       0,
       kMany},
  };
}

using SurvivedPeerFaultTest = HostilePeerTest;

TEST_P(SurvivedPeerFaultTest, LeavesTheConnectionAlive) {
  Verbs verbs = fault().verbs;
  verbs.emplace_back("send-named:hi:over");
  verbs.emplace_back("echo");
  ASSERT_NO_FATAL_FAILURE(MeetAndLink(verbs));

  std::string said;
  while (said.find("over") == said.npos) {
    said = client_->NextCbor();
    ASSERT_FALSE(said.empty());
  }
  ASSERT_TRUE(client_->Do(ToPeer(Text("still there"))));
  EXPECT_EQ(client_->NextCbor(), TextItem("still there"));
  const v1::Endpoint peer = gateway_->Get(member());
  EXPECT_EQ(peer.incarnation(), 1u);
  EXPECT_EQ(peer.counters().skipped(), fault().skipped);
  // The first hello, too, found nobody.
  EXPECT_EQ(SumOf(peer.counters().undeliverable()), fault().undeliverable + 1);
  ExpectBalanced(peer.counters());
  EXPECT_THAT(CallEcho(*gateway_, "other"), IsRpcOk());
}

INSTANTIATE_TEST_SUITE_P(Rows, SurvivedPeerFaultTest,
                         Combine(ValuesIn(Survived()), ValuesIn(kSides)),
                         NameOf);

// --- A peer that does not read ---------------------------------------------

using DeafPeerTest = HostilePeerTest;

// It is told of as one that does not read; what waits for it is bounded, and it
// keeps neither the others waiting nor the gateway from ending.
TEST_P(DeafPeerTest, IsUnresponsiveAndKeepsNobodyWaiting) {
  ASSERT_NO_FATAL_FAILURE(MeetAndLink(fault().verbs));
  // More than a socket holds, and less than the queue does.
  const std::vector<v1::ActorCommand> much(100,
                                           ToPeer(Cbor(ItemOfSize(30'000))));
  ASSERT_TRUE(client_->Do(much));
  ASSERT_TRUE(client_->Do(much));

  const auto events = watcher_->UntilState(v1::ENDPOINT_STATE_UNRESPONSIVE);
  ASSERT_FALSE(events.empty());
  EXPECT_THAT(events.back().endpoint_state_changed().reason(),
              StartsWith("the peer has not read for "));
  const v1::Endpoint peer = gateway_->Get(member());
  EXPECT_LE(peer.counters().queued_bytes(), peer.limits().queue_bytes());
  ExpectBalanced(peer.counters());
  EXPECT_THAT(CallEcho(*gateway_, "other"), IsRpcOk());
  gateway_->process().program().Kill(SIGTERM);
  EXPECT_EQ(gateway_->process().program().Wait().code, 0);
}

const Fault kDeaf[] = {
    {"Deaf", {"deaf"}, ""},
    {"Stopped", {"stop"}, ""},
    // To a name that nobody has: what is said does not reach the client.
    {"FloodsAndIsDeaf", {Times(1'000'000'000, kToNobody)}, ""}};

INSTANTIATE_TEST_SUITE_P(Rows, DeafPeerTest,
                         Combine(ValuesIn(kDeaf), ValuesIn(kSides)), NameOf);

}  // namespace
}  // namespace thespian::gateway
