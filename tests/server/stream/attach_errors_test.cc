// The error table of the API, as far as Attach reaches it: what ends the
// stream, and what a command that fails is answered.
#include <google/protobuf/stubs/logging.h>

#include <functional>

#include "endpoint/wire/message.h"
#include "gmock/gmock.h"
#include "tests/server/gateway_test.h"
#include "tests/support/hex.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kInvalid = grpc::StatusCode::INVALID_ARGUMENT;
constexpr auto kNotFound = grpc::StatusCode::NOT_FOUND;
constexpr auto kPrecondition = grpc::StatusCode::FAILED_PRECONDITION;
constexpr auto kExhausted = grpc::StatusCode::RESOURCE_EXHAUSTED;

// --- Commands --------------------------------------------------------------

struct FailingCommand {
  std::string name;
  v1::ActorCommand command;
  grpc::StatusCode code = grpc::StatusCode::OK;
  std::string reason;
  std::string field;
  std::string word;  // of the message
  Dialect dialect = Dialect::kPlain;

  friend void PrintTo(const FailingCommand& row, std::ostream* out) {
    *out << row.name;
  }
};

class CommandFailsTest : public GatewayTest,
                         public ::testing::WithParamInterface<FailingCommand> {
};

TEST_P(CommandFailsTest, IsAnsweredAndTheStreamGoesOn) {
  options_.endpoint.dialect = GetParam().dialect;
  RunScript({"from:7", "send-named:ready:x", "echo"});
  AwaitReady();
  const auto client = Attach();
  v1::ActorCommand command = GetParam().command;
  command.set_command_id(8);

  client->Do({command, SendTo(7, List("next"))});

  const auto event = client->Next(v1::ActorEvent::kCommandResult);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->command_result().command_id(), 8u);
  const google::rpc::Status& status = event->command_result().status();
  EXPECT_THAT(status, FailsWith(GetParam().code, GetParam().reason));
  EXPECT_THAT(FailureOf(status).fields, ElementsAre(GetParam().field));
  EXPECT_THAT(status.message(), HasSubstr(GetParam().word));
  EXPECT_EQ(client->NextCbor(), ListItem("next"));
}

v1::ActorCommand Changed(v1::ActorCommand command,
                         const std::function<void(v1::ActorCommand&)>& change) {
  change(command);
  return command;
}

std::vector<FailingCommand> FailingCommands() {
  const v1::ActorCommand send = SendTo(7, Text("x"));
  const v1::ActorCommand named = SendToName("x", Text("x"));
  const v1::ActorCommand link = LinkTo(7);
  return {
      {"Nothing", {}, kInvalid, "FIELD_INVALID", "commands.command", "missing"},
      {"SendWithoutPayload", SendTo(7, {}), kInvalid, "PAYLOAD_INVALID",
       "payload", "missing"},
      {"SendOfATag", SendTo(7, Cbor(FromHex("c1 00"))), kInvalid,
       "PAYLOAD_INVALID", "payload", "at byte 0", Dialect::kThespian},
      {"SendOfTwoItems", SendTo(7, Cbor(FromHex("01 02"))), kInvalid,
       "PAYLOAD_INVALID", "payload", "at byte 1"},
      {"SendOfBadJson", SendTo(7, Json("[")), kInvalid, "PAYLOAD_INVALID",
       "payload.json", "line 1"},
      {"SendOfTooMuch", SendTo(7, Cbor(ItemOfSize(32'768))), kInvalid,
       "FRAME_TOO_LARGE", "payload", "32768", Dialect::kThespian},
      {"SendToANameThatIsNotListed", SendToName("x", List("x")), kNotFound,
       "NAME_UNKNOWN", "to_name", "--names", Dialect::kThespian},
      {"SendToNobody", SendTo(0, Text("x")), kInvalid, "FIELD_INVALID", "to_id",
       "0"},
      {"SendToAStranger", SendTo(99, Text("x")), kNotFound, "ACTOR_UNKNOWN",
       "to_id", "99"},
      {"SendToAnOldIncarnation",
       Changed(send, [](auto& c) { c.mutable_send()->set_incarnation(2); }),
       kPrecondition, "INCARNATION_STALE", "incarnation", "2"},
      {"SendToNoEndpoint",
       Changed(send, [](auto& c) { c.mutable_send()->set_endpoint("no"); }),
       kNotFound, "ENDPOINT_UNKNOWN", "endpoint", "'no'"},
      {"SendToNoName", SendToName("", Text("x")), kInvalid, "FIELD_INVALID",
       "to_name", "empty"},
      {"SendToALongName", SendToName(std::string(256, 'n'), Text("x")),
       kInvalid, "FIELD_INVALID", "to_name", "256"},
      {"SendNamedToNoEndpoint",
       Changed(named,
               [](auto& c) { c.mutable_send_named()->set_endpoint("no"); }),
       kNotFound, "ENDPOINT_UNKNOWN", "endpoint", "'no'"},
      {"LinkToNobody", LinkTo(0), kInvalid, "FIELD_INVALID", "remote_id", "0"},
      {"LinkToAnOldIncarnation",
       Changed(link, [](auto& c) { c.mutable_link()->set_incarnation(2); }),
       kPrecondition, "INCARNATION_STALE", "incarnation", "2"},
      {"LinkToNoEndpoint",
       Changed(link, [](auto& c) { c.mutable_link()->set_endpoint("no"); }),
       kNotFound, "ENDPOINT_UNKNOWN", "endpoint", "'no'"},
  };
}

std::string NameOf(const ::testing::TestParamInfo<FailingCommand>& row) {
  return row.param.name;
}

INSTANTIATE_TEST_SUITE_P(Errors, CommandFailsTest,
                         ::testing::ValuesIn(FailingCommands()), NameOf);

class AttachErrorsTest : public GatewayTest {};

TEST_F(AttachErrorsTest, ACommandForAChildThatDiedFails) {
  RunScript({"frames:1", "exit:3"});
  const auto client = Attach();
  client->Do(SendToName("x", Text("go")));
  while (GetEndpoint().state() != v1::ENDPOINT_STATE_FAILED) {
  }

  client->Do({SendToName("x", Text("x"), 1), LinkTo(7, 2)});

  for (uint64_t id = 1; id <= 2; ++id) {
    const auto event = client->Next(v1::ActorEvent::kCommandResult);
    ASSERT_TRUE(event.has_value());
    EXPECT_EQ(event->command_result().command_id(), id);
    EXPECT_THAT(event->command_result().status(),
                FailsWith(grpc::StatusCode::UNAVAILABLE, "ENDPOINT_FAILED"));
  }
}

// --- What ends the stream --------------------------------------------------

TEST_F(AttachErrorsTest, TheFirstCommandMustBeOpen) {
  RunDemo();
  AttachClient client(stub());
  client.Do(SendToName("echo", Text("x")));

  const grpc::Status status = client.Finish();

  EXPECT_THAT(status, FailsWith(kPrecondition, "ATTACH_PROTOCOL"));
  EXPECT_THAT(status.error_message(), HasSubstr("open"));
  EXPECT_EQ(GetEndpoint().counters().accepted(), 0u);
}

TEST_F(AttachErrorsTest, OpenComesOnce) {
  RunScript({"record:2"});
  ChildRecord record(stub());
  const auto client = Attach();
  client->Do({SendToName("x", Text("first")), Open()});

  EXPECT_THAT(client->Finish(), FailsWith(kPrecondition, "ATTACH_PROTOCOL"));

  EXPECT_EQ(record.Next()["kind"], "send_named");
  EXPECT_EQ(record.Next()["kind"], "exit");
}

TEST_F(AttachErrorsTest, OpenComesOnceAlsoWithinTheFirstRequest) {
  RunDemo();
  AttachClient client(stub());
  client.Do({Open(), Open()});

  EXPECT_THAT(client.Finish(), FailsWith(kPrecondition, "ATTACH_PROTOCOL"));
}

TEST_F(AttachErrorsTest, AStreamThatEndsWithoutOpenIsAnError) {
  RunDemo();
  AttachClient client(stub());
  client.HalfClose();

  EXPECT_THAT(client.Finish(), FailsWith(kPrecondition, "ATTACH_PROTOCOL"));
}

TEST_F(AttachErrorsTest, ANameIsTakenOnce) {
  RunDemo();
  const auto client = Attach("logger");
  AttachClient second(stub());
  second.Do(Open("logger"));

  const grpc::Status status = second.Finish();

  EXPECT_THAT(status,
              FailsWith(grpc::StatusCode::ALREADY_EXISTS, "NAME_TAKEN"));
  EXPECT_THAT(status.error_message(), HasSubstr("'logger'"));
  EXPECT_THAT(FailureOf(status).fields, ElementsAre("open.name"));
}

TEST_F(AttachErrorsTest, ANameHasAtMost255Bytes) {
  RunDemo();
  Attach(std::string(255, 'n'));
  AttachClient client(stub());
  client.Do(Open(std::string(256, 'n')));

  const grpc::Status status = client.Finish();

  EXPECT_THAT(status, FailsWith(kInvalid, "FIELD_INVALID"));
  EXPECT_THAT(status.error_message(), HasSubstr("256"));
  EXPECT_THAT(status.error_message(), HasSubstr("255"));
}

TEST_F(AttachErrorsTest, ANameThatIsNotUtf8EndsTheStream) {
  RunScript({"record:2"});
  ChildRecord record(stub());
  const google::protobuf::LogSilencer silencer;
  AttachClient client(stub());
  client.Do(Open("\xff"));
  const auto opened = Attach();
  opened->Do(SendToName("x", Text("first")));
  opened->Do(SendToName("\xff", Text("second")));

  for (const grpc::Status& status : {client.Finish(), opened->Finish()}) {
    EXPECT_THAT(status, FailsWith(kInvalid, "FIELD_INVALID"));
    EXPECT_THAT(status.error_message(), HasSubstr("UTF-8"));
  }
  EXPECT_EQ(record.Next()["kind"], "send_named");
  EXPECT_EQ(record.Next()["reason"], "protocol_violation");
}

TEST_F(AttachErrorsTest, ThereAreAtMostSoManyActors) {
  options_.gateway.max_local_actors = 2;
  RunDemo();
  const auto first = Attach();
  const auto second = Attach();
  AttachClient third(stub());
  third.Do(Open());

  const grpc::Status status = third.Finish();

  EXPECT_THAT(status, FailsWith(kExhausted, "LIMIT_REACHED"));
  EXPECT_THAT(status.error_message(), HasSubstr("2"));
  EXPECT_THAT(FailureOf(status).fields, IsEmpty());
  first->HalfClose();
  EXPECT_THAT(first->Finish(), IsRpcOk());
  Attach();
}

TEST_F(AttachErrorsTest, AnAttachAfterTheEndHasBegunIsRefused) {
  RunDemo();
  live_->BeginEnd();
  AttachClient client(stub());
  client.Do(Open());

  EXPECT_THAT(client.Finish(),
              FailsWith(grpc::StatusCode::UNAVAILABLE, "SHUTTING_DOWN"));
}

// --- The mailbox -----------------------------------------------------------

class MailboxTest : public GatewayTest {
 protected:
  // Floods actor 1, which does not read, until its mailbox is full.
  std::unique_ptr<AttachClient> AttachAndFlood() {
    options_.gateway.mailbox.bytes = 64 << 10;
    std::string frame;
    AppendFrame(
        SendMessage{.from = {7}, .to = {1}, .payload = ItemOfSize(30'000)},
        frame);
    RunScript({"record:2", "frames:1", "repeat:2000:" + ToHex(frame)});
    auto client = Attach();
    EXPECT_EQ(client->id(), 1u);
    Watcher watcher(stub(), SinceTheBeginning(
                                {v1::PROXY_EVENT_KIND_MESSAGE_UNDELIVERABLE}));
    client->Do(SendToName("x", Text("go")));
    const auto event = watcher.Next(v1::ProxyEvent::kMessageUndeliverable);
    EXPECT_TRUE(event.has_value());
    EXPECT_EQ(event->message_undeliverable().reason(), "mailbox_full");
    return client;
  }
};

TEST_F(MailboxTest, AClientThatDoesNotReadIsCutOff) {
  const auto client = AttachAndFlood();

  const grpc::Status status = client->Finish();

  EXPECT_THAT(status, FailsWith(kExhausted, "MAILBOX_FULL"));
  EXPECT_THAT(status.error_message(), HasSubstr("65536"));
}

TEST_F(MailboxTest, TheChildIsToldThatTheActorEnded) {
  const auto client = AttachAndFlood();
  ChildRecord record(stub());

  EXPECT_EQ(record.Next()["kind"], "send_named");
  MessageFields exit = record.Next();
  EXPECT_EQ(exit["kind"], "exit");
  EXPECT_EQ(exit["local"], "1");
  EXPECT_EQ(exit["reason"], "mailbox_full");
}

TEST_F(MailboxTest, OtherClientsAreNotHeldUp) {
  const auto client = AttachAndFlood();

  EXPECT_THAT(Send(SendRequestTo("x", Text("x"))), IsRpcOk());
  EXPECT_EQ(GetEndpoint().state(), v1::ENDPOINT_STATE_RUNNING);
}

TEST_F(MailboxTest, AStreamWhoseEndIsNotReadEndsAllTheSame) {
  const auto client = AttachAndFlood();
  const auto now = std::chrono::steady_clock::now();

  live_->server().Tick(now);
  live_->server().Tick(now + std::chrono::seconds(6));

  const grpc::StatusCode code = client->Finish().error_code();
  EXPECT_THAT(code, ::testing::AnyOf(kExhausted, grpc::StatusCode::CANCELLED));
}

TEST_F(AttachErrorsTest, AClientThatNeverOpensIsNotWaitedForForEver) {
  RunDemo();
  AttachClient client(stub());
  std::atomic<bool> over = false;
  std::thread ticks([this, &over] {
    // The stream may not be there yet at the first ones. Its end goes out
    // before the answer that each waits for: no time passes in which it is
    // stuck.
    auto now = std::chrono::steady_clock::now();
    for (; !over; now += std::chrono::seconds(31)) {
      live_->server().Tick(now);
      GetEndpoint();
    }
  });
  EXPECT_THAT(client.Finish(), FailsWith(grpc::StatusCode::FAILED_PRECONDITION,
                                         "ATTACH_PROTOCOL"));
  over = true;
  ticks.join();
}

}  // namespace
}  // namespace thespian::gateway
