// Listen: the receiving half of a local actor, whose client sends with the
// unary RPCs.
#include <google/protobuf/stubs/logging.h>

#include <chrono>

#include "endpoint/wire/message.h"
#include "gmock/gmock.h"
#include "tests/server/gateway_test.h"
#include "tests/support/hex.h"

namespace thespian::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ListenTest : public GatewayTest {
 protected:
  // How a Listen that can't be opened ends.
  grpc::Status Fail(const std::string& name,
                    v1::PayloadEncoding encoding = v1::PayloadEncoding()) {
    ListenClient client(stub(), Open(name, encoding).open());
    return client.Finish();
  }

  // What makes a child go on that waits for a frame.
  void Go() { EXPECT_THAT(Send(SendRequestTo("x", Text("go"))), IsRpcOk()); }
};

// --- What it hears ---------------------------------------------------------

TEST_F(ListenTest, TheFirstEventTellsIdAndToken) {
  RunDemo();

  const auto first = Listen();
  const auto second = Listen();

  EXPECT_EQ(first->id(), 1u);
  EXPECT_EQ(second->id(), 2u);
  EXPECT_GE(first->token().size(), 16u);
  EXPECT_NE(first->token(), second->token());
}

TEST_F(ListenTest, TheChildReachesItByItsName) {
  RunScript({"frames:1", "from:7", "send-named:logger:hello"});
  const auto client = Listen("logger");

  Go();

  const auto event = client->Next();
  ASSERT_TRUE(event.has_value() && event->has_delivery());
  EXPECT_EQ(event->delivery().endpoint(), "default");
  EXPECT_EQ(event->delivery().incarnation(), 1u);
  EXPECT_EQ(event->delivery().from_id(), 7u);
  EXPECT_EQ(event->delivery().payload().cbor(), FromHex("65 68656c6c6f"));
}

TEST_F(ListenTest, SendsWithItsTokenAndHearsTheReplies) {
  RunDemo();
  const auto client = Listen();

  for (const char* text : {"one", "two", "three"}) {
    EXPECT_THAT(Send(SendRequestTo("echo", Text(text)), SpeakerOf(*client)),
                IsRpcOk());
  }
  EXPECT_THAT(
      Send(SendRequestTo("echo", Text("x")), {.id = client->id()}),
      FailsWith(grpc::StatusCode::PERMISSION_DENIED, "ACTOR_NOT_YOURS"));

  EXPECT_EQ(client->NextCbor(), TextItem("one"));
  EXPECT_THAT(Send(SendRequestTo(1, Text("four")), SpeakerOf(*client)),
              IsRpcOk());
  EXPECT_EQ(client->NextCbor(), TextItem("two"));
  EXPECT_EQ(client->NextCbor(), TextItem("three"));
  EXPECT_EQ(client->NextCbor(), TextItem("four"));
}

TEST_F(ListenTest, PayloadsAreWrittenAsItsOpenSays) {
  RunDemo();
  const auto client = Listen("", v1::PAYLOAD_ENCODING_JSON);

  EXPECT_THAT(
      Send(SendRequestTo("echo", Json(R"([1,"ä"])")), SpeakerOf(*client)),
      IsRpcOk());

  const auto event = client->Next(v1::ActorEvent::kDelivery);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->delivery().payload().json(), R"([1,"ä"])");
}

TEST_F(ListenTest, AnActorThatLinkedItselfIsTold) {
  RunScript({"frames:1", "from:7", "link:1", "send:1:last", "die:over"});
  const auto client = Listen();
  ASSERT_EQ(client->id(), 1u);

  Go();

  EXPECT_EQ(client->NextCbor(), FromHex("64 6c617374"));
  const auto event = client->Next();
  ASSERT_TRUE(event.has_value() && event->has_exited());
  EXPECT_EQ(event->exited().endpoint(), "default");
  EXPECT_EQ(event->exited().incarnation(), 1u);
  EXPECT_EQ(event->exited().remote_id(), 7u);
  EXPECT_EQ(event->exited().reason(), "over");
}

TEST_F(ListenTest, ItIsToldOfTheChildsEnd) {
  RunScript({"frames:1", "exit:3"});
  const auto client = Listen();

  Go();

  std::optional<v1::ActorEvent> event;
  do {
    event = client->Next(v1::ActorEvent::kEndpointChanged);
    ASSERT_TRUE(event.has_value());
  } while (event->endpoint_changed().state() != v1::ENDPOINT_STATE_FAILED);
  EXPECT_THAT(event->endpoint_changed().reason(), HasSubstr("exit code 3"));
}

TEST_F(ListenTest, AQuietStreamCarriesHeartbeats) {
  RunScript({"frames:1", "send:1:hello"});
  const auto client = Listen();
  const auto start = std::chrono::steady_clock::now();
  live_->server().Tick(start);
  live_->server().Tick(start + seconds(29));

  Go();
  EXPECT_EQ(client->NextCbor(), FromHex("65 68656c6c6f"));
  live_->server().Tick(start + seconds(40));  // the message is seen
  live_->server().Tick(start + seconds(69));
  live_->server().Tick(start + seconds(70));

  auto event = client->Next();
  ASSERT_TRUE(event.has_value());
  EXPECT_TRUE(event->has_heartbeat());
  live_->BeginEnd();
  event = client->Next();
  ASSERT_TRUE(event.has_value());
  EXPECT_TRUE(event->has_closing()) << "one heartbeat was due";
}

// --- Its end ---------------------------------------------------------------

TEST_F(ListenTest, WhoCancelsIsDisconnectedForTheChild) {
  RunScript({"record:2"});
  ChildRecord record(stub());
  const auto client = Listen("logger");
  EXPECT_THAT(Send(SendRequestTo("x", Text("hello")), SpeakerOf(*client)),
              IsRpcOk());
  EXPECT_EQ(record.Next()["from"], std::to_string(client->id()));

  client->Cancel();

  EXPECT_EQ(client->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_THAT(record.Next(), IsExitOf(client->id(), "disconnected"));
  EXPECT_NE(Listen("logger")->id(), client->id());
}

TEST_F(ListenTest, ADeadlineEndsTheActor) {
  RunScript({"record:2", "frames:1", "link:1"});
  ChildRecord record(stub());
  ListenClient client(stub(), Open("").open(), milliseconds(500));
  ASSERT_TRUE(client.TakeOpened());
  Go();
  EXPECT_EQ(record.Next()["kind"], "send_named");

  EXPECT_EQ(client.Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);

  EXPECT_THAT(record.Next(), IsExitOf(1, "disconnected"));
}

TEST_F(ListenTest, AGatewayThatEndsSaysClosing) {
  RunDemo();
  const auto client = Listen();

  live_->BeginEnd();

  const auto event = client->Next();
  ASSERT_TRUE(event.has_value());
  EXPECT_TRUE(event->has_closing());
  EXPECT_THAT(client->Finish(),
              FailsWith(grpc::StatusCode::UNAVAILABLE, "SHUTTING_DOWN"));
}

TEST_F(ListenTest, WhoDoesNotReadIsCutOff) {
  options_.gateway.mailbox.bytes = 64 << 10;
  std::string frame;
  AppendFrame(
      SendMessage{.from = {7}, .to = {1}, .payload = ItemOfSize(30'000)},
      frame);
  RunScript({"record:2", "frames:1", "link:1", "repeat:2000:" + ToHex(frame)});
  ChildRecord record(stub());
  const auto client = Listen();

  Go();

  EXPECT_EQ(record.Next()["kind"], "send_named");
  EXPECT_THAT(record.Next(), IsExitOf(1, "mailbox_full"));
  EXPECT_THAT(client->Finish(),
              FailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED, "MAILBOX_FULL"));
}

// --- Errors ----------------------------------------------------------------

TEST_F(ListenTest, ANameIsTakenOnce) {
  RunDemo();
  const auto attached = Attach("logger");

  const grpc::Status status = Fail("logger");

  EXPECT_THAT(status,
              FailsWith(grpc::StatusCode::ALREADY_EXISTS, "NAME_TAKEN"));
  EXPECT_THAT(FailureOf(status).fields, ElementsAre("open.name"));
  const auto listening = Listen("other");
  EXPECT_THAT(Fail("other"),
              FailsWith(grpc::StatusCode::ALREADY_EXISTS, "NAME_TAKEN"));
}

TEST_F(ListenTest, ANameThatIsNotUtf8IsNotTaken) {
  RunDemo();
  const google::protobuf::LogSilencer silencer;

  const grpc::Status status = Fail("\xff");

  EXPECT_THAT(status,
              FailsWith(grpc::StatusCode::INVALID_ARGUMENT, "FIELD_INVALID"));
  EXPECT_THAT(status.error_message(), HasSubstr("UTF-8"));
}

TEST_F(ListenTest, BadFieldsAreNamed) {
  RunDemo();

  const grpc::Status name = Fail(std::string(256, 'n'));
  EXPECT_THAT(name,
              FailsWith(grpc::StatusCode::INVALID_ARGUMENT, "FIELD_INVALID"));
  EXPECT_THAT(FailureOf(name).fields, ElementsAre("open.name"));
  EXPECT_THAT(name.error_message(), HasSubstr("256"));

  const grpc::Status encoding = Fail("", static_cast<v1::PayloadEncoding>(9));
  EXPECT_THAT(encoding,
              FailsWith(grpc::StatusCode::INVALID_ARGUMENT, "FIELD_INVALID"));
  EXPECT_THAT(FailureOf(encoding).fields, ElementsAre("open.encoding"));
  EXPECT_THAT(encoding.error_message(), HasSubstr("9"));
}

TEST_F(ListenTest, OneOverTheLimitOfActorsIsRefused) {
  options_.gateway.max_local_actors = 1;
  RunDemo();
  const auto client = Attach();

  EXPECT_THAT(Fail(""),
              FailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED, "LIMIT_REACHED"));
}

TEST_F(ListenTest, AGatewayThatEndsTakesNoMore) {
  RunDemo();
  live_->BeginEnd();

  EXPECT_THAT(Fail(""),
              FailsWith(grpc::StatusCode::UNAVAILABLE, "SHUTTING_DOWN"));
}

}  // namespace
}  // namespace thespian::gateway
