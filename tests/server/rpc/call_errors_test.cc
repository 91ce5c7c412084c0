// The error table of the API, as far as Call reaches it. How a call that has
// begun ends is in call_test.cc.
#include <google/protobuf/stubs/logging.h>

#include <chrono>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/server/gateway_test.h"
#include "tests/server/rpc/refusal.h"
#include "tests/support/pending_rpcs.h"

namespace thespian::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kInvalid = grpc::StatusCode::INVALID_ARGUMENT;
constexpr auto kExhausted = grpc::StatusCode::RESOURCE_EXHAUSTED;
constexpr auto kUnavailable = grpc::StatusCode::UNAVAILABLE;

class CallErrorsTest : public GatewayTest {
 protected:
  // A failed call leaves no trace: no actor, nothing for the child.
  grpc::Status Fail(const v1::CallRequest& request) {
    v1::CallResponse response;
    grpc::Status status = Call(request, response);
    EXPECT_EQ(response.ByteSizeLong(), 0u);
    EXPECT_THAT(ListLocalActors(), IsEmpty());
    return status;
  }
  grpc::Status FailOne() { return Fail(CallTo("x", Text("x"))); }
};

class CallRefusedTest
    : public CallErrorsTest,
      public ::testing::WithParamInterface<Refusal<v1::CallRequest>> {};

TEST_P(CallRefusedTest, TellsWhatIsWrongAndSendsNothing) {
  options_.endpoint.dialect = GetParam().dialect;
  RunScript({"record:2", "from:7", "send-named:ready:x"});
  AwaitReady();
  ChildRecord record(stub());
  v1::CallRequest request = CallTo(7, Text("x"));
  GetParam().spoil(request);

  ExpectRefused(Fail(request), GetParam());

  EXPECT_EQ(GetEndpoint().counters().accepted(), 0u);
  // The child has not even heard of the actor.
  EXPECT_THAT(Send(SendRequestTo("first", List("x"))), IsRpcOk());
  EXPECT_EQ(record.Next()["name"], "first");
}

std::vector<Refusal<v1::CallRequest>> Refusals() {
  using Request = v1::CallRequest;
  std::vector<Refusal<Request>> all = BadPayloads<Request>();
  all.push_back(UnknownEndpoint<Request>());
  all.push_back(TargetIsNobody<Request>());
  all.push_back(UnknownTarget<Request>());
  all.push_back(EmptyName<Request>());
  all.push_back(LongName<Request>());
  all.push_back({"NoTarget",
                 [](Request& r) { r.clear_target(); },
                 kInvalid,
                 "FIELD_INVALID",
                 "target",
                 {"to_id", "to_name"}});
  all.push_back({"UnknownEncoding",
                 [](Request& r) {
                   r.set_reply_encoding(static_cast<v1::PayloadEncoding>(9));
                 },
                 kInvalid,
                 "FIELD_INVALID",
                 "reply_encoding",
                 {"9"}});
  all.push_back(
      {"TooLarge",
       [](Request& r) { *r.mutable_payload() = Cbor(ItemOfSize(32'768)); },
       kInvalid,
       "FRAME_TOO_LARGE",
       "payload",
       {"32768", "32727"},
       Dialect::kThespian});
  return all;
}

INSTANTIATE_TEST_SUITE_P(Errors, CallRefusedTest,
                         ::testing::ValuesIn(Refusals()),
                         NameOf<v1::CallRequest>);

TEST_F(CallErrorsTest, ANameThatIsNotUtf8IsNotTaken) {
  RunScript({});
  const google::protobuf::LogSilencer silencer;

  const grpc::Status status = Fail(CallTo("\xff", Text("x")));

  EXPECT_THAT(status, FailsWith(kInvalid, "FIELD_INVALID"));
  EXPECT_THAT(status.error_message(), HasSubstr("UTF-8"));
}

TEST_F(CallErrorsTest, OneOverTheLimitOfActorsIsRefused) {
  options_.gateway.max_local_actors = 2;
  RunScript({});
  const auto first = Attach();
  const auto second = Listen();
  v1::CallResponse response;

  const grpc::Status status = Call(CallTo("x", Text("x")), response);

  EXPECT_THAT(status, FailsWith(kExhausted, "LIMIT_REACHED"));
  EXPECT_THAT(status.error_message(), HasSubstr("2"));
}

TEST_F(CallErrorsTest, OneThatTheQueueHasNoRoomForIsRefused) {
  options_.endpoint.max_frame_bytes = 32'768;
  options_.endpoint.queue.high_bytes = 1;  // raised to the least there can be
  RunScript({"deaf"});
  constexpr size_t kCalls = 100;  // more than a pipe and the queue take
  PendingRpcs<v1::CallResponse> calls;
  const auto request = CallTo("x", Cbor(ItemOfSize(32'000)));
  for (size_t i = 0; i < kCalls; ++i) {
    calls.Start([&](auto* context, auto* queue) {
      return stub().AsyncCall(context, request, queue);
    });
  }

  // Nobody replies: the first that ends was refused.
  const grpc::Status status = calls.Next().status;

  EXPECT_THAT(status, FailsWith(kExhausted, "QUEUE_FULL"));
  endpoint().Kill();
  uint64_t refused = 1;
  while (calls.going_on() > 0) {
    const grpc::Status next = calls.Next().status;
    if (FailureOf(next).reason == "QUEUE_FULL") ++refused;
  }
  // The child's end may have come first for one that was refused.
  EXPECT_GE(live_->Describe().counters().refused(), refused);
}

TEST_F(CallErrorsTest, AChildThatIsBeingStoppedIsDown) {
  RunScript({"mute"});
  endpoint().Stop();
  Watcher(stub(), SinceTheBeginning()).UntilState(v1::ENDPOINT_STATE_STOPPING);

  EXPECT_THAT(FailOne(), FailsWith(kUnavailable, "ENDPOINT_DOWN"));
  endpoint().Kill();
}

TEST_F(CallErrorsTest, AChildThatDiedForGoodHasFailed) {
  RunScript({"exit:3"});
  Watcher(stub(), SinceTheBeginning()).UntilState(v1::ENDPOINT_STATE_FAILED);

  const grpc::Status status = FailOne();

  EXPECT_THAT(status, FailsWith(kUnavailable, "ENDPOINT_FAILED"));
  EXPECT_THAT(status.error_message(), HasSubstr("exit code 3"));
}

TEST_F(CallErrorsTest, AGatewayThatEndsSaysSo) {
  RunScript({});
  live_->BeginEnd();

  EXPECT_THAT(FailOne(), FailsWith(kUnavailable, "SHUTTING_DOWN"));
}

}  // namespace
}  // namespace thespian::gateway
