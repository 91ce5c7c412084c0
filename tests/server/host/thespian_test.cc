// A thespian process as the child, over real gRPC: what clients and its actors
// say to each other, and how each side learns of the other's ends. The child is
// the model that stands in for real ones, in both generations.
#include <signal.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/server/host/thespian_fixture.h"
#include "tests/support/echo_load.h"
#include "tests/support/pending_rpcs.h"

namespace thespian::gateway {
namespace {

using std::chrono::milliseconds;
using ::testing::StartsWith;

constexpr uint32_t kCalls = kSanitized ? 2'000 : 10'000;
constexpr uint32_t kMessages = kSanitized ? 20'000 : 100'000;

class ThespianChildTest : public ThespianTest {
 protected:
  // What the client is told next of the end of a remote actor.
  static v1::ActorEvent::Exited NextExited(AttachClient& client) {
    const auto event = client.Next(v1::ActorEvent::kExited);
    return event.has_value() ? event->exited() : v1::ActorEvent::Exited();
  }

  void Tell(const std::string& actor, const v1::Payload& payload) {
    EXPECT_THAT(Send(SendRequestTo(actor, payload)), IsRpcOk());
  }
};

// --- Messages --------------------------------------------------------------

TEST_P(ThespianChildTest, CallsByNameAndByIdAreAnswered) {
  RunModel();
  v1::CallResponse by_name;
  EXPECT_THAT(Call(CallTo("echo", Item({"hi", 1})), by_name), IsRpcOk());
  EXPECT_EQ(by_name.payload().cbor(), ItemBytes({"hi", 1}));
  EXPECT_EQ(by_name.from_id(), kEchoId);

  v1::CallResponse by_id;
  EXPECT_THAT(Call(CallTo(kEchoId, Item({"hi", 2})), by_id), IsRpcOk());
  EXPECT_EQ(by_id.payload().cbor(), ItemBytes({"hi", 2}));
  EXPECT_EQ(by_id.from_id(), kEchoId);
  ExpectUnharmed();
}

TEST_P(ThespianChildTest, AnAttachedClientIsAnswered) {
  RunModel();
  const auto client = Attach();
  client->Do(SendToName("echo", Item({"by name"})));
  EXPECT_EQ(client->NextCbor(), ItemBytes({"by name"}));
  client->Do(SendTo(kEchoId, Item({"by id"})));
  EXPECT_EQ(client->NextCbor(), ItemBytes({"by id"}));
  ExpectUnharmed();
}

TEST_P(ThespianChildTest, AnActorReachesAClientByItsName) {
  RunModel();
  const auto client = Attach("inbox");
  Tell("namer", Item({"to", "inbox", {"hello", 5}}));
  const auto event = client->Next(v1::ActorEvent::kDelivery);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->delivery().payload().cbor(), ItemBytes({"hello", 5}));
  v1::CallResponse namer;
  EXPECT_THAT(Call(CallTo("namer", Item({"who"})), namer), IsRpcOk());
  EXPECT_EQ(event->delivery().from_id(), namer.from_id());
}

TEST_P(ThespianChildTest, AnActorThatNamesNobodyGoesOn) {
  RunModel();
  Watcher watcher(
      stub(), SinceTheBeginning({v1::PROXY_EVENT_KIND_MESSAGE_UNDELIVERABLE}));
  Tell("namer", Item({"to", "nobody", {"hello"}}));
  const auto event = watcher.Next(v1::ProxyEvent::kMessageUndeliverable);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->message_undeliverable().to_name(), "nobody");
  EXPECT_EQ(event->message_undeliverable().reason(), "no_such_name");
  ExpectUnharmed();
}

// --- Links -----------------------------------------------------------------

TEST_P(ThespianChildTest, AClientIsToldWhyALinkedActorDied) {
  RunModel();
  LetSpeak("dier");
  const auto client = AttachLinkedTo(kDierId);
  Tell("dier", Item({"die", "enough"}));
  const v1::ActorEvent::Exited exited = NextExited(*client);
  EXPECT_EQ(exited.remote_id(), kDierId);
  EXPECT_EQ(exited.reason(), "enough");
  EXPECT_EQ(exited.details_size(), 0);
  ExpectUnharmedBut("dier");
}

TEST_P(ThespianChildTest, AClientIsToldOfANormalEnd) {
  RunModel();
  v1::CallResponse worker;
  EXPECT_THAT(Call(CallTo("worker", Item({"who"})), worker), IsRpcOk());
  const auto client = AttachLinkedTo(worker.from_id());
  Tell("worker", Item({"normal"}));
  EXPECT_EQ(NextExited(*client).reason(), "normal");
  ExpectUnharmedBut("worker");
}

TEST_P(ThespianChildTest, DetailsOfAnExitReachTheLinkedClient) {
  RunModel();
  LetSpeak("dier");
  const auto client = AttachLinkedTo(kDierId);
  Tell("dier", Item({"exit", "why", "detail", 5}));
  const v1::ActorEvent::Exited exited = NextExited(*client);
  EXPECT_EQ(exited.remote_id(), kDierId);
  EXPECT_EQ(exited.reason(), "why");
  ASSERT_EQ(exited.details_size(), 2);
  EXPECT_EQ(exited.details(0).cbor(), ItemBytes("detail"));
  EXPECT_EQ(exited.details(1).cbor(), ItemBytes(5));
  ExpectUnharmedBut("dier");
}

TEST_P(ThespianChildTest, AnActorThatLinkedItselfTellsOfItsEnd) {
  RunModel();
  const auto client = Attach();
  client->Do(SendToName("linker", Item({"link_me"})));
  EXPECT_EQ(client->NextCbor(), ItemBytes({"linked"}));
  Tell("linker", Item({"die", "done here"}));
  const v1::ActorEvent::Exited exited = NextExited(*client);
  EXPECT_EQ(exited.remote_id(), kLinkerId);
  EXPECT_EQ(exited.reason(), "done here");
  ExpectUnharmedBut("linker");
}

TEST_P(ThespianChildTest, AnActorThatLinkedItselfIsToldOfTheClientsEnd) {
  RunModel();
  const auto client = Attach();
  client->Do(SendToName("linker", Item({"link_me"})));
  EXPECT_EQ(client->NextCbor(), ItemBytes({"linked"}));
  client->HalfClose();
  EXPECT_THAT(client->Finish(), IsRpcOk());
  EXPECT_THAT(NextErrorLine(), StartsWith("linker: got exit normal from"));
  ExpectUnharmed();
}

TEST_P(ThespianChildTest, AnActorIsToldWhyALinkedClientEnded) {
  RunModel();
  LetSpeak("linker");
  const auto client = AttachLinkedTo(kLinkerId);
  client->Cancel();
  EXPECT_EQ(client->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_THAT(NextErrorLine(),
              StartsWith("linker: got exit disconnected from"));
  ExpectUnharmed();
}

// --- Many ------------------------------------------------------------------

TEST_P(ThespianChildTest, TenThousandCallsAreAnswered) {
  constexpr size_t kAtOnce = 200;
  RunModel();
  PendingRpcs<v1::CallResponse> calls;
  uint32_t answered = 0;
  for (uint32_t i = 0; i < kCalls; ++i) {
    const v1::CallRequest request = CallTo("echo", Item({i}));
    calls.Start([&](auto* context, auto* queue) {
      return stub().AsyncCall(context, request, queue);
    });
    while (calls.going_on() >= kAtOnce ||
           (i + 1 == kCalls && calls.going_on() > 0)) {
      answered += calls.Next().status.ok() ? 1 : 0;
    }
  }
  EXPECT_EQ(answered, kCalls);
  EXPECT_EQ(GetEndpoint().counters().delivered(), kCalls);
  ExpectUnharmed();
}

TEST_P(ThespianChildTest, ABurstOfAHundredThousandReachesTheClient) {
  options_.gateway.mailbox = {.bytes = 256u << 20, .items = 1'000'000};
  RunModel();
  const auto client = Attach();
  client->Do(SendToName("burst", Item({"burst", kMessages})));
  for (uint32_t i = 0; i < kMessages; ++i) {
    ASSERT_EQ(client->NextCbor(), ItemBytes({"b", i}));
  }
  ExpectUnharmed();
}

TEST_P(ThespianChildTest, ABurstOfAHundredThousandReachesTheActor) {
  constexpr uint32_t kInOne = 500;
  RunModel();
  const auto client = Attach();
  const std::vector<v1::ActorCommand> batch(
      kInOne, SendToName("counter", Item({"one"})));
  for (uint32_t sent = 0; sent < kMessages; sent += kInOne) {
    ASSERT_TRUE(client->Do(batch));
  }
  client->Do(SendToName("counter", Item({"get"})));
  EXPECT_EQ(client->NextCbor(), ItemBytes({"count", kMessages}));
  ExpectUnharmed();
}

TEST_P(ThespianChildTest, AHundredThousandGoBothWaysAtOnce) {
  RunModel();
  EchoLoad load(stub(), {.messages = kMessages, .echo = kEchoId}, kPatience);
  const EchoLoad::Outcome& outcome = load.Await();
  EXPECT_EQ(outcome.fault, "");
  EXPECT_EQ(outcome.received, kMessages);
  EXPECT_THAT(outcome.status, IsRpcOk());
  ExpectUnharmed();
}

// --- Another incarnation ---------------------------------------------------

TEST_P(ThespianChildTest, AClientGoesOnWithTheNextIncarnation) {
  options_.endpoint.restart = {.mode = RestartMode::kOnFailure,
                               .first_delay = milliseconds(10),
                               .longest_delay = milliseconds(10)};
  RunModel();
  LetSpeak("dier");
  const auto client = AttachLinkedTo(kDierId);
  client->Do(SendToName("wedge", Item({"crash"})));
  const v1::ActorEvent::Exited exited = NextExited(*client);
  EXPECT_EQ(exited.remote_id(), kDierId);
  EXPECT_EQ(exited.reason(), "transport_closed");
  EXPECT_EQ(exited.incarnation(), 1u);
  auto event = client->Next(v1::ActorEvent::kEndpointChanged);
  while (event.has_value() &&
         event->endpoint_changed().state() != v1::ENDPOINT_STATE_RUNNING) {
    event = client->Next(v1::ActorEvent::kEndpointChanged);
  }
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->endpoint_changed().incarnation(), 2u);

  client->Do(SendToName("echo", Item({"again"})));
  const auto answer = client->Next(v1::ActorEvent::kDelivery);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->delivery().incarnation(), 2u);
  EXPECT_EQ(answer->delivery().payload().cbor(), ItemBytes({"again"}));
  EXPECT_EQ(GetEndpoint().last_exit().signal(), SIGABRT);
}

INSTANTIATE_TEST_SUITE_P(, ThespianChildTest,
                         ::testing::ValuesIn(BothGenerations()),
                         GenerationName);

}  // namespace
}  // namespace thespian::gateway
