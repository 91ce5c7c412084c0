// Each way in which a client's innocent request ended a real thespian process,
// or one of its actors: now refused, or harmless. The child is the model that
// dies where the real ones do, in both generations.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/server/host/thespian_fixture.h"

namespace thespian::gateway {
namespace {

using std::chrono::milliseconds;
using ::testing::Contains;
using ::testing::HasSubstr;

using ::testing::StartsWith;

// The deadline of a call that nobody answers.
constexpr milliseconds kSoon{300};

class ThespianHazardTest : public ThespianTest {
 protected:
  template <typename Target>
  void ExpectNoAnswer(const Target& target, const v1::Payload& payload) {
    v1::CallResponse response;
    EXPECT_EQ(Call(CallTo(target, payload), response, kSoon).error_code(),
              grpc::StatusCode::DEADLINE_EXCEEDED);
  }

  // The failure of a command that an attached client gives.
  static google::rpc::Status Failure(AttachClient& client,
                                     v1::ActorCommand command) {
    command.set_command_id(1);
    client.Do(command);
    const auto event = client.Next(v1::ActorEvent::kCommandResult);
    return event.has_value() ? event->command_result().status()
                             : google::rpc::Status();
  }

  // In each way to send one, the payload is refused.
  void ExpectRefused(const v1::Payload& payload, const std::string& reason) {
    const auto refused = FailsWith(grpc::StatusCode::INVALID_ARGUMENT, reason);
    EXPECT_THAT(Send(SendRequestTo("echo", payload)), refused);
    EXPECT_THAT(Send(SendRequestTo(kEchoId, payload)), refused);
    v1::CallResponse response;
    EXPECT_THAT(Call(CallTo("echo", payload), response), refused);
    EXPECT_THAT(Call(CallTo(kEchoId, payload), response), refused);
    const auto client = Attach();
    EXPECT_THAT(Failure(*client, SendToName("echo", payload)), refused);
    EXPECT_THAT(Failure(*client, SendTo(kEchoId, payload)), refused);
  }

  // The keeper answers the client that has ended meanwhile, and lives.
  void ExpectHarmlessLateAnswer() {
    while (!ListLocalActors().empty()) {
    }
    AwaitEndsTold();
    EXPECT_THAT(Send(SendRequestTo("keeper", Item({"poke"}))), IsRpcOk());
    ExpectUnharmed();
  }

  std::unique_ptr<AttachClient> AttachKept() {
    auto client = Attach();
    client->Do(SendToName("keeper", Item({"keep"})));
    client->Do(SendToName("echo", Item({"behind it"})));
    EXPECT_EQ(client->NextCbor(), ItemBytes({"behind it"}));
    return client;
  }

  void ExpectUndeliverable(uint64_t messages) {
    Watcher watcher(stub(), SinceTheBeginning(
                                {v1::PROXY_EVENT_KIND_MESSAGE_UNDELIVERABLE}));
    for (uint64_t i = 0; i < messages; ++i) {
      const auto event = watcher.Next(v1::ProxyEvent::kMessageUndeliverable);
      ASSERT_TRUE(event.has_value());
      EXPECT_EQ(event->message_undeliverable().reason(), "no_such_actor");
    }
  }
};

// --- Names that the child has not registered -------------------------------

TEST_P(ThespianHazardTest, UnknownNameAnonymously) {
  options_.endpoint.names.clear();
  RunModel();
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(Send(SendRequestTo("nobody", Item({"x"}))), IsRpcOk());
  }
  ExpectUnharmed();
}

TEST_P(ThespianHazardTest, UnknownNameByCall) {
  options_.endpoint.names.clear();
  RunModel();
  ExpectNoAnswer("nobody", Item({"x"}));
  ExpectUnharmed();
}

TEST_P(ThespianHazardTest, UnknownNameByAnAttachedClient) {
  RunModel();
  const auto client = Attach();
  EXPECT_THAT(Failure(*client, SendToName("nobody", Item({"x"}))),
              FailsWith(grpc::StatusCode::NOT_FOUND, "NAME_UNKNOWN"));
  EXPECT_THAT(Send(SendRequestTo("nobody", Item({"x"})), SpeakerOf(*client)),
              FailsWith(grpc::StatusCode::NOT_FOUND, "NAME_UNKNOWN"));
  EXPECT_EQ(FramesWritten(), 0u);

  client->Do(SendToName("echo", Item({"next"})));
  EXPECT_EQ(client->NextCbor(), ItemBytes({"next"}));
  ExpectUnharmed();
}

TEST_P(ThespianHazardTest, AnyNameByAnAttachedClientWithoutAList) {
  options_.endpoint.names.clear();
  RunModel();
  const auto client = Attach();
  for (const char* name : {"nobody", "echo"}) {
    EXPECT_THAT(Failure(*client, SendToName(name, Item({"x"}))),
                FailsWith(grpc::StatusCode::NOT_FOUND, "NAME_UNKNOWN"));
    EXPECT_THAT(Send(SendRequestTo(name, Item({"x"})), SpeakerOf(*client)),
                FailsWith(grpc::StatusCode::NOT_FOUND, "NAME_UNKNOWN"));
  }
  EXPECT_EQ(FramesWritten(), 0u);
  ExpectUnharmed();
}

// --- Answers that come too late --------------------------------------------

TEST_P(ThespianHazardTest, ACallByNameEndsBeforeItsAnswer) {
  RunModel();
  ExpectNoAnswer("keeper", Item({"keep"}));
  ExpectHarmlessLateAnswer();
}

TEST_P(ThespianHazardTest, ACallByIdEndsBeforeItsAnswer) {
  RunModel();
  LetSpeak("keeper");
  ExpectNoAnswer(kKeeperId, Item({"keep"}));
  ExpectHarmlessLateAnswer();
}

// The counter does not trap exits, and the call is linked to it.
TEST_P(ThespianHazardTest, ACallByIdEndsWithoutAnAnswer) {
  options_.endpoint.exit_linger = milliseconds(1);
  RunModel();
  v1::CallResponse counter;
  EXPECT_THAT(Call(CallTo("counter", Item({"get"})), counter), IsRpcOk());
  AwaitEndsTold();
  const uint64_t written = FramesWritten();
  ExpectNoAnswer(counter.from_id(), Item({"count me"}));
  while (FramesWritten() < written + 3) {  // link, message, exit
  }
  ExpectUnharmed();
}

TEST_P(ThespianHazardTest, AnAttachedClientEndsBeforeItsAnswer) {
  RunModel();
  const auto client = AttachKept();
  client->HalfClose();
  EXPECT_THAT(client->Finish(), IsRpcOk());
  ExpectHarmlessLateAnswer();
}

TEST_P(ThespianHazardTest, AnAttachedClientIsLostBeforeItsAnswer) {
  RunModel();
  const auto client = AttachKept();
  client->Cancel();
  EXPECT_FALSE(client->Finish().ok());
  ExpectHarmlessLateAnswer();
}

// --- Payloads --------------------------------------------------------------

TEST_P(ThespianHazardTest, APayloadThatIsNoArray) {
  RunModel();
  LetSpeak("echo");
  const uint64_t written = FramesWritten();
  const nlohmann::json::binary_t bytes({1, 2});
  for (const nlohmann::json& item :
       {nlohmann::json{{"a", 1}}, nlohmann::json(5), nlohmann::json(-5),
        nlohmann::json("text"), nlohmann::json(bytes), nlohmann::json(1.5),
        nlohmann::json(true), nlohmann::json(false)}) {
    SCOPED_TRACE(item.dump());
    ExpectRefused(Item(item), "PAYLOAD_INVALID");
  }
  EXPECT_EQ(FramesWritten(), written);
  ExpectUnharmed();
}

TEST_P(ThespianHazardTest, NullIsTakenForAnEmptyArray) {
  RunModel();
  EXPECT_EQ(Ask("echo", Item(nullptr)), ItemBytes(nullptr));
  ExpectUnharmed();
}

TEST_P(ThespianHazardTest, AnEchoAtTheLimitOfSize) {
  const bool today = GetParam().dialect == Dialect::kThespian;
  const size_t most = today ? 32'727 : 16'348;
  const std::string largest = '\x81' + ItemOfSize(most - 1);
  RunModel();
  EXPECT_EQ(Ask("echo", Cbor(largest)), largest);
  EXPECT_EQ(Ask(kEchoId, Cbor(largest)), largest);
  const auto client = Attach();
  client->Do(SendToName("echo", Cbor(largest)));
  EXPECT_EQ(client->NextCbor(), largest);

  ExpectRefused(Cbor('\x81' + ItemOfSize(most)), "FRAME_TOO_LARGE");
  ExpectUnharmed();
}

TEST_P(ThespianHazardTest, ControlWordsOfTheLibrary) {
  RunModel();
  LetSpeak("echo");
  const uint64_t written = FramesWritten();
  const nlohmann::json echo = {"LPID", kEchoId};
  const nlohmann::json ours = {"RPID", 1};
  const std::vector<nlohmann::json> payloads = {
      {"endpoint_exit", "x"},
      {"endpoint_exit"},
      nlohmann::json::array({"link"}),
      {"set_notify", echo},
      {"deliver_pid", echo, {"x"}},
      {"deliver_named", "nobody", {"x"}},
      nlohmann::json::array({"establish_wire_link"}),
      {"local_link_exit", echo, "x"},
      {"proxy_exit", ours, "x"},
      {"link_wire", echo, ours}};
  for (const nlohmann::json& payload : payloads) {
    SCOPED_TRACE(payload.dump());
    ExpectRefused(Item(payload), "PAYLOAD_INVALID");
  }
  EXPECT_EQ(FramesWritten(), written);
  ExpectUnharmed();
}

TEST_P(ThespianHazardTest, AnExitPayloadWhereControlIsRefused) {
  options_.endpoint.control = ControlPayloads::kRefuse;
  RunModel();
  LetSpeak("echo");
  const uint64_t written = FramesWritten();
  ExpectRefused(Item({"exit", "x"}), "PAYLOAD_INVALID");
  ExpectRefused(Item({"exit", "x", "detail"}), "PAYLOAD_INVALID");
  EXPECT_EQ(FramesWritten(), written);
  ExpectUnharmed();
}

TEST_P(ThespianHazardTest, AnExitPayloadEndsOneActorWhereItIsAllowed) {
  RunModel();
  LetSpeak("dier");
  const auto client = AttachLinkedTo(kDierId);
  EXPECT_THAT(Send(SendRequestTo("dier", Item({"exit", "x"}))), IsRpcOk());
  const auto event = client->Next(v1::ActorEvent::kExited);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->exited().reason(), "x");
  ExpectUnharmedBut("dier");
}

// --- Senders and ids -------------------------------------------------------

TEST_P(ThespianHazardTest, AnonymousMessagesToAnActorThatAnswers) {
  constexpr uint64_t kEach = 20;
  RunModel();
  LetSpeak("echo");
  for (uint64_t i = 0; i < kEach; ++i) {
    EXPECT_THAT(Send(SendRequestTo("echo", Item({"by name"}))), IsRpcOk());
    EXPECT_THAT(Send(SendRequestTo(kEchoId, Item({"by id"}))), IsRpcOk());
  }
  ExpectUndeliverable(2 * kEach);
  ExpectUnharmed();
}

// No client can make our reasons so long: they are words of ours. What ends an
// actor inside the gateway could.
TEST_P(ThespianHazardTest, AReasonThatIsTooLong) {
  options_.endpoint.exit_linger = milliseconds(1);
  const std::string reason(1'000, 'r');
  RunModel();
  const auto linked = Attach();
  linked->Do(SendToName("linker", Item({"link_me"})));
  EXPECT_EQ(linked->NextCbor(), ItemBytes({"linked"}));
  const auto unlinked = AttachKept();
  const uint64_t told = GetEndpoint().counters().control_written();

  for (const auto* client : {unlinked.get(), linked.get()}) {
    const auto actor = live_->gateway().locals().Find(LocalId{client->id()});
    ASSERT_NE(actor, nullptr);
    live_->gateway().EndActor(actor, reason);
  }

  EXPECT_THAT(NextErrorLine(), StartsWith("linker: got exit " +
                                          reason.substr(0, 248) + " from"));
  while (GetEndpoint().counters().control_written() < told + 2) {
  }
  ExpectUnharmed();
}

TEST_P(ThespianHazardTest, IdsThatNeverSpoke) {
  RunModel();
  const auto victim = Attach();
  victim->Do(SendToName("echo", Item({"first"})));
  EXPECT_EQ(victim->NextCbor(), ItemBytes({"first"}));
  const auto client = Attach();
  const uint64_t written = FramesWritten();
  const auto unknown = FailsWith(grpc::StatusCode::NOT_FOUND, "ACTOR_UNKNOWN");
  for (const uint64_t id : {uint64_t{1}, kDierId, kEndpointId, kFirstProxyId,
                            kFirstProxyId + 1, uint64_t{1} << 53}) {
    SCOPED_TRACE(id);
    EXPECT_THAT(Send(SendRequestTo(id, Item({"x"}))), unknown);
    v1::CallResponse response;
    EXPECT_THAT(Call(CallTo(id, Item({"x"})), response), unknown);
    EXPECT_THAT(Failure(*client, SendTo(id, Item({"x"}))), unknown);
    client->Do(LinkTo(id));
    const auto event = client->Next(v1::ActorEvent::kExited);
    ASSERT_TRUE(event.has_value());
    EXPECT_EQ(event->exited().remote_id(), id);
    EXPECT_EQ(event->exited().reason(), "no_such_actor");
  }
  EXPECT_EQ(FramesWritten(), written);

  victim->Do(SendToName("echo", Item({"second"})));
  EXPECT_EQ(victim->NextCbor(), ItemBytes({"second"}));
  ExpectUnharmed();
}

// --- The wrong dialect -----------------------------------------------------

TEST_P(ThespianHazardTest, AThespianChildThatIsSpokenToInThePlainDialect) {
  options_.endpoint.dialect = Dialect::kPlain;
  RunModel();
  Watcher watcher(
      stub(), SinceTheBeginning({v1::PROXY_EVENT_KIND_ENDPOINT_STATE_CHANGED}));
  EXPECT_THAT(Send(SendRequestTo("echo", Item({"x"}))), IsRpcOk());
  const auto events = watcher.UntilState(v1::ENDPOINT_STATE_FAILED);
  ASSERT_FALSE(events.empty());
  const auto hint = Contains(HasSubstr("--dialect plain"));
  EXPECT_THAT(events.back().endpoint_state_changed().exit().hints(), hint);
  EXPECT_THAT(GetEndpoint().last_exit().hints(), hint);
}

TEST_P(ThespianHazardTest, APlainChildThatIsSpokenToInThisDialect) {
  RunDemo();
  EXPECT_EQ(Ask("echo", Item({"x"})), ItemBytes({"x"}));
  Watcher watcher(stub(),
                  SinceTheBeginning({v1::PROXY_EVENT_KIND_PROTOCOL_WARNING}));
  const auto event = watcher.Next(v1::ProxyEvent::kProtocolWarning);
  ASSERT_TRUE(event.has_value());
  EXPECT_THAT(event->protocol_warning().text(), HasSubstr("ids as integers"));
  EXPECT_THAT(event->protocol_warning().hint(), HasSubstr("--dialect plain"));
  live_->End();
  EXPECT_THAT(live_->Describe().last_exit().hints(),
              Contains(HasSubstr("--dialect plain")));
}

INSTANTIATE_TEST_SUITE_P(, ThespianHazardTest,
                         ::testing::ValuesIn(BothGenerations()),
                         GenerationName);

}  // namespace
}  // namespace thespian::gateway
