// Call: one message, and the first reply to it; and everything else that may
// end a call, once, and its actor with it.
#include <signal.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "endpoint/wire/message.h"
#include "gmock/gmock.h"
#include "tests/server/gateway_test.h"
#include "tests/support/hex.h"
#include "tests/support/patience.h"
#include "tests/support/pending_rpcs.h"
#include "tests/support/temp_dir.h"

namespace thespian::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

using ManyCalls = PendingRpcs<v1::CallResponse>;

// What "at once" means: much less than anyone's deadline.
constexpr std::chrono::milliseconds kAtOnce{kSanitized ? 5'000 : 1'000};

// A deadline that passes in the test, but not before the gateway has heard of
// the call.
constexpr milliseconds kSoon{1'000};

class CallTest : public GatewayTest {
 protected:
  ManyCalls::Rpc& Start(ManyCalls& calls, const v1::CallRequest& request,
                        milliseconds deadline = kPatience) {
    return calls.Start(
        [&](auto* context, auto* queue) {
          return stub().AsyncCall(context, request, queue);
        },
        deadline);
  }

  // Until so many messages have been handed to the child.
  void AwaitWritten(uint64_t messages) {
    while (GetEndpoint().counters().written() < messages) {
    }
  }

  // The status of a call whose reply nobody asks for.
  grpc::Status Fail(const v1::CallRequest& request,
                    milliseconds deadline = kPatience) {
    v1::CallResponse response;
    const grpc::Status status = Call(request, response, deadline);
    EXPECT_EQ(response.ByteSizeLong(), 0u);
    return status;
  }

  // Runs the demo child and lets its actor "crash", 5, speak once.
  void RunDemoWithCrash() {
    RunDemo();
    v1::CallResponse response;
    ASSERT_THAT(Call(CallTo("crash", Text("hello")), response), IsRpcOk());
    ASSERT_EQ(response.from_id(), 5u);
  }
};

// --- The reply -------------------------------------------------------------

TEST_F(CallTest, TheFirstMessageToItIsTheReply) {
  RunDemo();
  v1::CallResponse response;

  EXPECT_THAT(Call(CallTo("echo", Text("hello")), response), IsRpcOk());

  EXPECT_EQ(response.from_id(), 1u);
  EXPECT_EQ(response.incarnation(), 1u);
  EXPECT_EQ(response.payload().cbor(), TextItem("hello"));
  EXPECT_THAT(ListLocalActors(), IsEmpty());
}

TEST_F(CallTest, ReachesAnActorById) {
  RunDemo();
  v1::CallResponse response;
  ASSERT_THAT(Call(CallTo("echo", Text("first")), response), IsRpcOk());

  EXPECT_THAT(Call(CallTo(response.from_id(), Text("second")), response),
              IsRpcOk());

  EXPECT_EQ(response.from_id(), 1u);
  EXPECT_EQ(response.payload().cbor(), TextItem("second"));
}

TEST_F(CallTest, AnotherActorMayReply) {
  RunDemo();
  v1::CallRequest request = CallTo("spawner", Text("go"));
  request.set_reply_encoding(v1::PAYLOAD_ENCODING_JSON);
  v1::CallResponse response;

  EXPECT_THAT(Call(request, response), IsRpcOk());

  EXPECT_EQ(response.from_id(), 100u);
  EXPECT_EQ(response.payload().json(), R"(["hello",100])");
}

TEST_F(CallTest, TheReplyMayBeAnonymous) {
  RunScript({"frames:1", "from:0", "send:1:hello"});
  v1::CallResponse response;

  EXPECT_THAT(Call(CallTo("x", Text("go")), response), IsRpcOk());

  EXPECT_EQ(response.from_id(), 0u);
  EXPECT_EQ(response.payload().cbor(), FromHex("65 68656c6c6f"));
}

TEST_F(CallTest, TheReplyIsWrittenAsAsked) {
  RunDemo();
  v1::CallRequest request = CallTo("echo", Json(R"(["hello",{"n":1}])"));
  v1::CallResponse response;

  EXPECT_THAT(Call(request, response), IsRpcOk());
  EXPECT_EQ(response.payload().cbor(), FromHex("82 65 68656c6c6f a1 61 6e 01"));

  request.set_reply_encoding(v1::PAYLOAD_ENCODING_JSON);
  EXPECT_THAT(Call(request, response), IsRpcOk());
  EXPECT_EQ(response.payload().json(), R"(["hello",{"n":1}])");
}

TEST_F(CallTest, AReplyThatNestsTooDeeplyForJsonComesAsCbor) {
  RunDemo();
  // Tags count for JSON, which ends at 64, but not for the payloads' own limit.
  const std::string deep = std::string(65, '\xc1') + '\0';
  v1::Payload payload;
  payload.set_cbor(deep);
  v1::CallRequest request = CallTo("echo", payload);
  request.set_reply_encoding(v1::PAYLOAD_ENCODING_JSON);
  v1::CallResponse response;

  EXPECT_THAT(Call(request, response), IsRpcOk());

  EXPECT_EQ(response.payload().encoding_case(), v1::Payload::kCbor);
  EXPECT_EQ(response.payload().cbor(), deep);
}

TEST_F(CallTest, EachCallIsAnActorOfItsOwnThatEndsWithItsReply) {
  RunScript({"record:2", "echo"});
  ChildRecord record(stub());
  v1::CallResponse response;

  for (uint64_t id = 1; id <= 3; ++id) {
    EXPECT_THAT(Call(CallTo("x", Text("hello")), response), IsRpcOk());
    MessageFields said = record.Next();
    EXPECT_EQ(said["kind"], "send_named");
    EXPECT_EQ(said["from"], std::to_string(id));
    EXPECT_THAT(record.Next(), IsExitOf(id, "normal"));
  }
}

TEST_F(CallTest, ByIdItIsLinkedToItsTargetFirst) {
  RunScript({"record:2", "from:7", "send-named:ready:x", "echo"});
  AwaitReady();
  ChildRecord record(stub());
  v1::CallResponse response;

  EXPECT_THAT(Call(CallTo(7, Text("hello")), response), IsRpcOk());

  EXPECT_THAT(record.Next(),
              UnorderedElementsAre(Pair("kind", "link"), Pair("local", "1"),
                                   Pair("remote", "7")));
  EXPECT_EQ(record.Next()["kind"], "send");
  EXPECT_THAT(record.Next(), IsExitOf(1, "normal"));
}

// --- What comes after the reply --------------------------------------------

class AfterTheReplyTest : public CallTest {
 protected:
  void ExpectOneUndeliverable() {
    Watcher watcher(stub(), SinceTheBeginning(
                                {v1::PROXY_EVENT_KIND_MESSAGE_UNDELIVERABLE}));
    const auto event = watcher.Next(v1::ProxyEvent::kMessageUndeliverable);
    ASSERT_TRUE(event.has_value());
    EXPECT_EQ(event->message_undeliverable().to_id(), 1u);
    EXPECT_EQ(event->message_undeliverable().reason(), "no_such_actor");
    const v1::EndpointCounters counters = GetEndpoint().counters();
    EXPECT_EQ(counters.delivered(), 1u);
    EXPECT_EQ(counters.unread_size(), 0);
    EXPECT_THAT(counters.undeliverable(),
                UnorderedElementsAre(Pair("no_such_actor", 1u)));
  }
};

TEST_F(AfterTheReplyTest, IsUndeliverableAndCounted) {
  // The second frame is the call's `exit`.
  RunScript({"frames:1", "send:1:one", "frames:1", "send:1:two"});
  v1::CallResponse response;

  EXPECT_THAT(Call(CallTo("x", Text("go")), response), IsRpcOk());

  EXPECT_EQ(response.payload().cbor(), FromHex("63 6f6e65"));
  ExpectOneUndeliverable();
}

TEST_F(AfterTheReplyTest, IsSoEvenIfItCameTogetherWithIt) {
  std::string frames;
  for (const char* text : {"one", "two"}) {
    AppendFrame(SendMessage{.from = {7}, .to = {1}, .payload = TextItem(text)},
                frames);
  }
  RunScript({"frames:1", "hex:" + ToHex(frames)});
  v1::CallResponse response;

  EXPECT_THAT(Call(CallTo("x", Text("go")), response), IsRpcOk());

  EXPECT_EQ(response.payload().cbor(), TextItem("one"));
  ExpectOneUndeliverable();
}

// --- The caller ends it ----------------------------------------------------

TEST_F(CallTest, ADeadlineEndsTheCallAndItsActor) {
  RunScript({"record:2"});
  ChildRecord record(stub());

  EXPECT_EQ(Fail(CallTo("x", Text("hello")), milliseconds(300)).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);

  EXPECT_EQ(record.Next()["kind"], "send_named");
  EXPECT_THAT(record.Next(), IsExitOf(1, "disconnected"));
  EXPECT_THAT(ListLocalActors(), IsEmpty());
}

TEST_F(CallTest, ACancelEndsTheCallAndItsActor) {
  RunScript({"record:2"});
  ChildRecord record(stub());
  ManyCalls calls;
  auto& call = Start(calls, CallTo("x", Text("hello")));
  EXPECT_EQ(record.Next()["kind"], "send_named");

  call.context.TryCancel();

  EXPECT_EQ(calls.Next().status.error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_THAT(record.Next(), IsExitOf(1, "disconnected"));
  EXPECT_THAT(ListLocalActors(), IsEmpty());
}

TEST_F(CallTest, ADeadlineThatPassesInTheQueueTakesTheMessageBack) {
  const TempDir directory;
  const std::string record = directory.File("record");
  RunScript({"record:" + record});
  const auto client = Attach();
  Signal(SIGSTOP);
  // More than the pipe takes; the last of it waits. The gateway has nothing
  // more to do then, so the call gets into the queue before its deadline.
  constexpr size_t kMessages = 100;
  client->Do(std::vector<v1::ActorCommand>(
      kMessages, SendToName("x", Cbor(ItemOfSize(32'000)))));
  while (GetEndpoint().counters().accepted() < kMessages) {
  }
  EXPECT_GT(GetEndpoint().counters().waiting(), 0u);

  EXPECT_EQ(Fail(CallTo("too late", Text("x")), kSoon).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  while (GetEndpoint().counters().dropped().empty()) {
  }

  EXPECT_EQ(GetEndpoint().counters().dropped().at("withdrawn"), 1u);
  Signal(SIGCONT);
  EXPECT_THAT(Send(SendRequestTo("in time", Text("x"))), IsRpcOk());
  live_->End();
  std::ifstream file(record);
  const std::string frames(std::istreambuf_iterator<char>(file), {});
  EXPECT_THAT(frames, HasSubstr(ToHex("in time")));
  EXPECT_THAT(frames, Not(HasSubstr(ToHex("too late"))));
}

// --- The target ends -------------------------------------------------------

TEST_F(CallTest, TheDeathOfItsTargetEndsItAtOnce) {
  RunDemoWithCrash();
  const auto begun = steady_clock::now();

  const grpc::Status status =
      Fail(CallTo(5, Json(R"(["exit","enough of it"])")));

  EXPECT_THAT(status, FailsWith(grpc::StatusCode::ABORTED, "ACTOR_EXITED"));
  EXPECT_THAT(status.error_message(), HasSubstr("enough of it"));
  EXPECT_THAT(status.error_message(), HasSubstr("5"));
  EXPECT_LT(steady_clock::now() - begun, kAtOnce);
  EXPECT_THAT(ListLocalActors(), IsEmpty());
}

TEST_F(CallTest, AProxyThatIsReleasedHasExited) {
  RunScript({"from:7", "send-named:ready:x"});
  AwaitReady();
  ManyCalls calls;
  Start(calls, CallTo(7, Text("x")));
  AwaitWritten(1);
  bool done = false;
  endpoint().proxies().Release({7}, {}, [&](const auto&) { done = true; });

  const grpc::Status status = calls.Next().status;

  EXPECT_THAT(status, FailsWith(grpc::StatusCode::ABORTED, "ACTOR_EXITED"));
  EXPECT_THAT(status.error_message(), HasSubstr("released"));
  live_->End();
  EXPECT_TRUE(done);
}

TEST_F(CallTest, ATargetThatNeverSpokeIsUnknown) {
  RunDemo();

  EXPECT_THAT(Fail(CallTo(5, Text("x"))),
              FailsWith(grpc::StatusCode::NOT_FOUND, "ACTOR_UNKNOWN"));
}

TEST_F(CallTest, AReplyThatCameBeforeTheDeathCounts) {
  RunScript({"from:7", "send-named:ready:x", "frames:2", "send:1:hello",
             "die:enough"});
  AwaitReady();
  v1::CallResponse response;

  EXPECT_THAT(Call(CallTo(7, Text("go")), response), IsRpcOk());

  EXPECT_EQ(response.payload().cbor(), FromHex("65 68656c6c6f"));
}

// --- The child ends --------------------------------------------------------

TEST_F(CallTest, TheDeathOfTheChildEndsItAtOnce) {
  // It ends once it has heard of both calls: the second one links, too.
  RunScript({"from:7", "send-named:ready:x", "frames:3", "exit:3"});
  AwaitReady();
  ManyCalls calls;
  const auto begun = steady_clock::now();
  Start(calls, CallTo("x", Text("x")));
  Start(calls, CallTo(7, Text("x")));

  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(
        calls.Next().status,
        AnyOf(FailsWith(grpc::StatusCode::UNAVAILABLE, "ENDPOINT_DOWN"),
              FailsWith(grpc::StatusCode::UNAVAILABLE, "ENDPOINT_FAILED")));
  }
  EXPECT_LT(steady_clock::now() - begun, kAtOnce);
  EXPECT_THAT(ListLocalActors(), IsEmpty());
}

TEST_F(CallTest, TheEndOfTheGatewayEndsIt) {
  RunScript({});
  ManyCalls calls;
  Start(calls, CallTo("x", Text("x")));
  AwaitWritten(1);

  live_->BeginEnd();
  live_->FinishEnd();

  EXPECT_THAT(calls.Next().status,
              FailsWith(grpc::StatusCode::UNAVAILABLE, "SHUTTING_DOWN"));
}

// --- Many ------------------------------------------------------------------

TEST_F(CallTest, TenThousandAreInFlight) {
  constexpr size_t kCalls = 10'000;
  options_.max_streams = kCalls;
  RunDemo();
  Signal(SIGSTOP);
  ManyCalls calls;
  for (size_t i = 0; i < kCalls; ++i) {
    Start(calls, CallTo("echo", Text(std::to_string(i))), 2 * kPatience);
  }
  // Not by an RPC: there are as many as one connection may have.
  while (live_->gateway().locals().All().size() < kCalls) {
  }
  EXPECT_EQ(calls.going_on(), kCalls);

  Signal(SIGCONT);

  std::vector<bool> replied(kCalls);
  for (size_t i = 0; i < kCalls; ++i) {
    const ManyCalls::Rpc& call = calls.Next();
    ASSERT_THAT(call.status, IsRpcOk());
    const std::string& item = call.response.payload().cbor();
    const size_t number = std::stoul(item.substr(item.size() < 3 ? 0 : 3));
    ASSERT_EQ(item, TextItem(std::to_string(number)));
    EXPECT_FALSE(replied.at(number)) << number << " was replied to twice";
    replied.at(number) = true;
  }
  const v1::EndpointCounters counters = GetEndpoint().counters();
  EXPECT_EQ(counters.accepted(), kCalls);
  EXPECT_EQ(counters.delivered(), kCalls);
  EXPECT_EQ(counters.received(), kCalls);
}

}  // namespace
}  // namespace thespian::gateway
