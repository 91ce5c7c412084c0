// Attach: what a local actor says and hears, and how it ends.
#include <chrono>
#include <set>

#include "endpoint/wire/message.h"
#include "gmock/gmock.h"
#include "tests/server/gateway_test.h"
#include "tests/support/hex.h"

namespace thespian::gateway {
namespace {

using std::chrono::milliseconds;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class AttachTest : public GatewayTest {
 protected:
  // A command that has an id and fails or not; the next event tells.
  static google::rpc::Status ResultOf(AttachClient& client, uint64_t id) {
    const auto event = client.Next(v1::ActorEvent::kCommandResult);
    if (!event.has_value()) {
      ADD_FAILURE() << "the stream has ended";
      return {};
    }
    EXPECT_EQ(event->command_result().command_id(), id);
    return event->command_result().status();
  }
};

// --- The beginning ---------------------------------------------------------

TEST_F(AttachTest, AnActorGetsAnIdAndATokenOfItsOwn) {
  RunDemo();

  const auto first = Attach();
  const auto second = Attach();

  EXPECT_NE(first->id(), 0u);
  EXPECT_NE(first->id(), second->id());
  EXPECT_GE(first->token().size(), 16u);
  EXPECT_NE(first->token(), second->token());
}

TEST_F(AttachTest, AnOpenWithACommandIdIsAnswered) {
  RunDemo();
  AttachClient client(stub());
  v1::ActorCommand open = Open();
  open.set_command_id(9);
  client.Do(open);

  EXPECT_TRUE(client.Next()->has_opened());
  EXPECT_THAT(ResultOf(client, 9), IsRpcOk());
}

TEST_F(AttachTest, TheChildReachesAnActorByItsName) {
  RunScript({"frames:1", "from:7", "send-named:logger:hello"});
  const auto client = Attach("logger");

  client->Do(SendToName("x", Text("go")));

  const auto event = client->Next(v1::ActorEvent::kDelivery);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->delivery().endpoint(), "default");
  EXPECT_EQ(event->delivery().incarnation(), 1u);
  EXPECT_EQ(event->delivery().from_id(), 7u);
  EXPECT_EQ(event->delivery().payload().cbor(), FromHex("65 68656c6c6f"));
}

// --- Results ---------------------------------------------------------------

TEST_F(AttachTest, ACommandWithAnIdIsAnsweredAndOneWithoutIsNot) {
  RunScript({});
  const auto client = Attach();

  client->Do({SendToName("x", Text("1")), SendToName("x", Text("2"), 5)});

  const auto event = client->Next();
  ASSERT_TRUE(event.has_value());
  ASSERT_TRUE(event->has_command_result());
  EXPECT_EQ(event->command_result().command_id(), 5u);
  EXPECT_THAT(event->command_result().status(), IsRpcOk());
}

TEST_F(AttachTest, ACommandWithoutAnIdThatFailsIsAnsweredAllTheSame) {
  RunScript({});
  const auto client = Attach();

  client->Do(SendTo(99, Text("x")));

  EXPECT_THAT(ResultOf(*client, 0),
              FailsWith(grpc::StatusCode::NOT_FOUND, "ACTOR_UNKNOWN"));
}

TEST_F(AttachTest, AfterACommandThatFailedTheStreamGoesOn) {
  RunDemo();
  const auto client = Attach();

  client->Do({SendToName("echo", Text("before")), SendTo(99, Text("x")),
              SendToName("echo", Text("after"))});

  EXPECT_EQ(client->NextCbor(), TextItem("before"));
  EXPECT_EQ(client->NextCbor(), TextItem("after"));
}

TEST_F(AttachTest, EveryCommandOfARequestIsAnsweredOnce) {
  RunDemo();
  const auto client = Attach();
  constexpr uint64_t kCommands = 5'000;
  std::vector<v1::ActorCommand> commands;
  for (uint64_t id = 1; id <= kCommands; ++id) {
    commands.push_back(SendToName("counter", Text("x"), id));
  }

  client->Do(commands);

  std::set<uint64_t> answered;
  while (answered.size() < kCommands) {
    const auto event = client->Next(v1::ActorEvent::kCommandResult);
    ASSERT_TRUE(event.has_value());
    EXPECT_THAT(event->command_result().status(), IsRpcOk());
    EXPECT_TRUE(answered.insert(event->command_result().command_id()).second);
  }
  EXPECT_EQ(*answered.begin(), 1u);
  EXPECT_EQ(*answered.rbegin(), kCommands);
}

TEST_F(AttachTest, WhoReadsLateMissesNoResult) {
  RunScript({});
  const auto client = Attach();
  constexpr uint64_t kCommands = kSanitized ? 5'000 : 50'000;  // most must wait
  std::vector<v1::ActorCommand> commands;
  for (uint64_t id = 1; id <= kCommands; ++id) {
    commands.push_back(SendTo(99, Text("x"), id));
  }

  client->Do(commands);
  client->HalfClose();

  for (uint64_t id = 1; id <= kCommands; ++id) {
    ASSERT_THAT(ResultOf(*client, id),
                FailsWith(grpc::StatusCode::NOT_FOUND, "ACTOR_UNKNOWN"));
  }
  EXPECT_THAT(client->Finish(), IsRpcOk());
}

// --- Order -----------------------------------------------------------------

TEST_F(AttachTest, CommandsOfOneRequestAndOfManyKeepTheirOrder) {
  RunDemo();
  const auto client = Attach();
  constexpr int kRequests = 50;
  constexpr int kCommands = 40;
  for (int request = 0; request < kRequests; ++request) {
    std::vector<v1::ActorCommand> commands;
    for (int i = 0; i < kCommands; ++i) {
      const int number = request * kCommands + i;
      commands.push_back(SendToName("echo", Text(std::to_string(number))));
    }
    ASSERT_TRUE(client->Do(commands));
  }

  for (int i = 0; i < kRequests * kCommands; ++i) {
    ASSERT_EQ(client->NextCbor(), TextItem(std::to_string(i)));
  }
}

// A small number as CBOR.
std::string ItemOf(int number) {
  return std::string(1, static_cast<char>(number));
}

TEST_F(AttachTest, ManyDeliveriesArriveInOrder) {
  constexpr int kBursts = 20;
  std::vector<std::string> verbs = {"frames:1"};
  for (int i = 0; i < kBursts; ++i) {
    std::string frame;
    AppendFrame(SendMessage{.from = {7}, .to = {1}, .payload = ItemOf(i)},
                frame);
    verbs.push_back("repeat:1000:" + ToHex(frame));
  }
  RunScript(verbs);
  const auto client = Attach();
  ASSERT_EQ(client->id(), 1u);

  client->Do(SendToName("x", Text("go")));

  for (int i = 0; i < kBursts * 1'000; ++i) {
    ASSERT_EQ(client->NextCbor(), ItemOf(i / 1'000));
  }
}

TEST_F(AttachTest, APayloadFarLargerThanAStreamsWindowComesBack) {
  options_.endpoint.dialect = Dialect::kPlain;
  RunDemo();
  const auto client = Attach();
  constexpr size_t kBytes = 4'000'000;
  const std::string item = FromHex("5a 003d0900") + std::string(kBytes, 'x');

  client->Do(SendToName("echo", Cbor(item)));

  EXPECT_TRUE(client->NextCbor() == item);
}

// --- Encodings -------------------------------------------------------------

TEST_F(AttachTest, JsonGoesInAndComesOut) {
  RunDemo();
  const auto client = Attach("", v1::PAYLOAD_ENCODING_JSON);

  client->Do(SendToName("echo", Json(R"({"a":[1,2.5,null,true,"ä"]})")));

  const auto event = client->Next(v1::ActorEvent::kDelivery);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->delivery().payload().json(),
            R"({"a":[1,2.5,null,true,"ä"]})");
}

TEST_F(AttachTest, JsonReachesTheChildAsCbor) {
  RunScript({"record:2"});
  ChildRecord record(stub());

  EXPECT_THAT(Send(SendRequestTo("x", Json(R"(["hi",-1])"))), IsRpcOk());

  EXPECT_EQ(record.Next()["payload_hex"],
            "82626869"
            "20");
}

// --- Links -----------------------------------------------------------------

TEST_F(AttachTest, ALinkedActorIsToldTheEndOfTheRemoteOne) {
  RunScript(
      {"record:2", "from:7", "send-named:ready:x", "frames:1", "die:enough"});
  AwaitReady();
  ChildRecord record(stub());
  const auto client = Attach();

  client->Do(LinkTo(7, 0));

  const auto event = client->Next(v1::ActorEvent::kExited);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->exited().remote_id(), 7u);
  EXPECT_EQ(event->exited().incarnation(), 1u);
  EXPECT_EQ(event->exited().endpoint(), "default");
  EXPECT_EQ(event->exited().reason(), "enough");
  EXPECT_THAT(record.Next(),
              UnorderedElementsAre(Pair("kind", "link"), Pair("local", "1"),
                                   Pair("remote", "7")));
}

TEST_F(AttachTest, ALinkToAnActorThatIsGoneIsAnsweredWithItsEnd) {
  RunScript({});
  const auto client = Attach();

  client->Do(LinkTo(99, 3));

  std::set<v1::ActorEvent::EventCase> kinds;
  for (int i = 0; i < 2; ++i) {
    const auto event = client->Next();
    ASSERT_TRUE(event.has_value());
    kinds.insert(event->event_case());
    EXPECT_EQ(event->exited().remote_id(), event->has_exited() ? 99u : 0u);
  }
  EXPECT_THAT(kinds, UnorderedElementsAre(v1::ActorEvent::kCommandResult,
                                          v1::ActorEvent::kExited));
}

TEST_F(AttachTest, AnActorThatTheChildLinkedIsToldToo) {
  RunScript({"frames:1", "from:7", "link:1", "die:over"});
  const auto client = Attach();
  ASSERT_EQ(client->id(), 1u);

  client->Do(SendToName("x", Text("go")));

  const auto event = client->Next(v1::ActorEvent::kExited);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->exited().remote_id(), 7u);
  EXPECT_EQ(event->exited().reason(), "over");
}

// --- Unary sends in its name -----------------------------------------------

TEST_F(AttachTest, TheReplyToAUnarySendArrivesOnTheStream) {
  RunDemo();
  const auto client = Attach();

  EXPECT_THAT(Send(SendRequestTo("echo", Text("hello")),
                   {.id = client->id(), .token = client->token()}),
              IsRpcOk());

  EXPECT_EQ(client->NextCbor(), TextItem("hello"));
}

// --- The end ---------------------------------------------------------------

TEST_F(AttachTest, AHalfCloseIsANormalEnd) {
  RunScript({"record:2"});
  ChildRecord record(stub());
  const auto client = Attach("logger");
  client->Do(SendToName("x", Text("hello"), 4));

  client->HalfClose();

  EXPECT_THAT(ResultOf(*client, 4), IsRpcOk());
  EXPECT_THAT(client->Finish(), IsRpcOk());
  EXPECT_EQ(record.Next()["kind"], "send_named");
  EXPECT_THAT(record.Next(), IsExitOf(client->id(), "normal"));
}

TEST_F(AttachTest, AHalfCloseLosesNoResult) {
  RunScript({});
  for (int round = 0; round < 200; ++round) {
    const auto client = Attach();
    std::vector<v1::ActorCommand> commands;
    for (uint64_t id = 1; id <= 20; ++id) {
      commands.push_back(SendToName("x", Text("hello"), id));
    }
    client->Do(commands);
    client->HalfClose();
    for (uint64_t id = 1; id <= 20; ++id) {
      ASSERT_THAT(ResultOf(*client, id), IsRpcOk()) << "round " << round;
    }
    EXPECT_THAT(client->Finish(), IsRpcOk());
  }
}

TEST_F(AttachTest, AfterAHalfCloseTheNameIsFree) {
  RunDemo();
  const auto client = Attach("logger");
  client->HalfClose();
  EXPECT_THAT(client->Finish(), IsRpcOk());

  Attach("logger");
}

TEST_F(AttachTest, ACancelledClientIsDisconnectedForTheChild) {
  RunScript({"record:2"});
  ChildRecord record(stub());
  const auto client = Attach();
  client->Do(SendToName("x", Text("hello"), 4));
  EXPECT_THAT(ResultOf(*client, 4), IsRpcOk());

  client->Cancel();

  EXPECT_EQ(client->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_EQ(record.Next()["kind"], "send_named");
  EXPECT_THAT(record.Next(), IsExitOf(client->id(), "disconnected"));
}

TEST_F(AttachTest, ADeadlineEndsTheActor) {
  RunScript({"record:2"});
  ChildRecord record(stub());
  AttachClient client(stub(), milliseconds(500));
  ASSERT_TRUE(client.Open());
  client.Do(SendToName("x", Text("hello")));

  EXPECT_EQ(client.Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);

  EXPECT_EQ(record.Next()["kind"], "send_named");
  EXPECT_THAT(record.Next(), IsExitOf(client.id(), "disconnected"));
}

TEST_F(AttachTest, TheEndOfALinkedActorIsToldOnce) {
  RunScript({"record:2", "from:7", "send-named:ready:x"});
  AwaitReady();
  ChildRecord record(stub());
  const auto client = Attach();
  client->Do(LinkTo(7, 1));
  EXPECT_THAT(ResultOf(*client, 1), IsRpcOk());
  client->HalfClose();
  EXPECT_THAT(client->Finish(), IsRpcOk());
  EXPECT_EQ(record.Next()["kind"], "link");
  EXPECT_THAT(record.Next(), IsExitOf(client->id(), "normal"));

  EXPECT_THAT(Send(SendRequestTo("x", Text("last"))), IsRpcOk());

  EXPECT_EQ(record.Next()["kind"], "send_named");
}

TEST_F(AttachTest, AGatewayThatEndsSaysClosing) {
  RunDemo();
  const auto client = Attach();

  live_->BeginEnd();

  EXPECT_TRUE(client->Next(v1::ActorEvent::kClosing).has_value());
  EXPECT_THAT(client->Finish(),
              FailsWith(grpc::StatusCode::UNAVAILABLE, "SHUTTING_DOWN"));
}

}  // namespace
}  // namespace thespian::gateway
