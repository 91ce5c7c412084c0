// The error table of the API, as far as Send and SendNamed reach it.
#include <google/protobuf/stubs/logging.h>

#include "gmock/gmock.h"
#include "tests/server/gateway_test.h"
#include "tests/server/rpc/refusal.h"
#include "tests/support/hex.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kInvalid = grpc::StatusCode::INVALID_ARGUMENT;
constexpr auto kNotFound = grpc::StatusCode::NOT_FOUND;
constexpr auto kDenied = grpc::StatusCode::PERMISSION_DENIED;
constexpr auto kUnavailable = grpc::StatusCode::UNAVAILABLE;

template <typename Request>
Refusal<Request> UnknownSpeaker() {
  return {
      "UnknownSpeaker", [](Request& request) { request.set_from_id(4'711); },
      kDenied,          "ACTOR_NOT_YOURS",
      "from_id",        {"4711", "x-actor-token"}};
}

// --- By id -----------------------------------------------------------------

class SendRefusedTest
    : public GatewayTest,
      public ::testing::WithParamInterface<Refusal<v1::SendRequest>> {};

TEST_P(SendRefusedTest, TellsWhatIsWrongAndSendsNothing) {
  options_.endpoint.dialect = GetParam().dialect;
  RunScript({"from:7", "send-named:ready:x"});
  AwaitReady();
  v1::SendRequest request = SendRequestTo(7, Text("x"));
  GetParam().spoil(request);

  ExpectRefused(Send(request), GetParam());

  EXPECT_EQ(GetEndpoint().counters().accepted(), 0u);
}

std::vector<Refusal<v1::SendRequest>> RefusedById() {
  using Request = v1::SendRequest;
  std::vector<Refusal<Request>> all = BadPayloads<Request>();
  all.push_back(UnknownEndpoint<Request>());
  all.push_back(UnknownSpeaker<Request>());
  all.push_back(TargetIsNobody<Request>());
  all.push_back(UnknownTarget<Request>());
  all.push_back({"StaleIncarnation",
                 [](Request& r) { r.set_incarnation(2); },
                 grpc::StatusCode::FAILED_PRECONDITION,
                 "INCARNATION_STALE",
                 "incarnation",
                 {"2", "1"}});
  return all;
}

INSTANTIATE_TEST_SUITE_P(Errors, SendRefusedTest,
                         ::testing::ValuesIn(RefusedById()),
                         NameOf<v1::SendRequest>);

// --- By name ---------------------------------------------------------------

class SendNamedRefusedTest
    : public GatewayTest,
      public ::testing::WithParamInterface<Refusal<v1::SendNamedRequest>> {};

TEST_P(SendNamedRefusedTest, TellsWhatIsWrongAndSendsNothing) {
  options_.endpoint.dialect = GetParam().dialect;
  RunScript({});
  v1::SendNamedRequest request = SendRequestTo("echo", Text("x"));
  GetParam().spoil(request);

  ExpectRefused(Send(request), GetParam());

  EXPECT_EQ(GetEndpoint().counters().accepted(), 0u);
}

std::vector<Refusal<v1::SendNamedRequest>> RefusedByName() {
  using Request = v1::SendNamedRequest;
  std::vector<Refusal<Request>> all = BadPayloads<Request>();
  all.push_back(UnknownEndpoint<Request>());
  all.push_back(UnknownSpeaker<Request>());
  all.push_back(EmptyName<Request>());
  all.push_back(LongName<Request>());
  return all;
}

INSTANTIATE_TEST_SUITE_P(Errors, SendNamedRefusedTest,
                         ::testing::ValuesIn(RefusedByName()),
                         NameOf<v1::SendNamedRequest>);

// --- Limits ----------------------------------------------------------------

class SendErrorsTest : public GatewayTest {};

// Around the payload of ["send_named", 0, "echo", payload]: the frame's head,
// the array's, the verb with its head, the id, the name with its head.
constexpr size_t kAroundPayload = 5 + 1 + 11 + 1 + 5;

TEST_F(SendErrorsTest, AFrameOf32768BytesIsTakenAndOneByteMoreIsNot) {
  options_.endpoint.max_frame_bytes = 32'768;
  RunScript({});

  EXPECT_THAT(
      Send(SendRequestTo("echo", Cbor(ItemOfSize(32'768 - kAroundPayload)))),
      IsRpcOk());

  const grpc::Status status =
      Send(SendRequestTo("echo", Cbor(ItemOfSize(32'769 - kAroundPayload))));
  EXPECT_THAT(status, FailsWith(kInvalid, "FRAME_TOO_LARGE"));
  EXPECT_THAT(status.error_message(), HasSubstr("32769"));
  EXPECT_THAT(status.error_message(), HasSubstr("32768"));
  EXPECT_THAT(FailureOf(status).fields, ElementsAre("payload"));
}

TEST_F(SendErrorsTest, ThePlainDialectTakesTagsAndFramesUpToMaxFrameBytes) {
  options_.endpoint.dialect = Dialect::kPlain;
  options_.endpoint.max_frame_bytes = 60'000;
  RunScript({});

  EXPECT_THAT(Send(SendRequestTo("echo", Cbor(FromHex("c1 00")))), IsRpcOk());
  EXPECT_THAT(
      Send(SendRequestTo("echo", Cbor(ItemOfSize(60'000 - kAroundPayload)))),
      IsRpcOk());
  EXPECT_THAT(
      Send(SendRequestTo("echo", Cbor(ItemOfSize(60'001 - kAroundPayload)))),
      FailsWith(kInvalid, "FRAME_TOO_LARGE"));
}

TEST_F(SendErrorsTest, ANameThatIsNotUtf8IsNotTaken) {
  RunScript({});
  const google::protobuf::LogSilencer silencer;

  const grpc::Status status = Send(SendRequestTo("\xff\xfe", Text("x")));

  EXPECT_THAT(status, FailsWith(kInvalid, "FIELD_INVALID"));
  EXPECT_THAT(status.error_message(), HasSubstr("UTF-8"));
  EXPECT_EQ(GetEndpoint().counters().accepted(), 0u);
}

TEST_F(SendErrorsTest, ANameOf255BytesIsTaken) {
  RunScript({});

  EXPECT_THAT(Send(SendRequestTo(std::string(255, 'n'), Text("x"))), IsRpcOk());
}

TEST_F(SendErrorsTest, TheCurrentIncarnationMayBeNamed) {
  RunScript({"from:7", "send-named:ready:x"});
  AwaitReady();
  v1::SendRequest request = SendRequestTo(7, Text("x"));
  request.set_incarnation(1);

  EXPECT_THAT(Send(request), IsRpcOk());
}

TEST_F(SendErrorsTest, NoNameMeansNoEndpointIfThereAreTwoAndNoneIsDefault) {
  options_.endpoint.name = "left";
  options_.second_endpoint = "right";
  RunScript({});

  EXPECT_THAT(Send(SendRequestTo("echo", Text("x"))),
              FailsWith(kNotFound, "ENDPOINT_UNKNOWN"));

  v1::SendNamedRequest request = SendRequestTo("echo", Text("x"));
  request.set_endpoint("left");
  EXPECT_THAT(Send(request), IsRpcOk());
}

// --- Whose actor -----------------------------------------------------------

class SpeakerTest : public GatewayTest {
 protected:
  grpc::Status SendAs(const Speaker& speaker) {
    return Send(SendRequestTo("echo", Text("x")), speaker);
  }
};

TEST_F(SpeakerTest, TheTokenOfTheActorIsTaken) {
  RunScript({});
  const auto client = Attach();

  EXPECT_THAT(SendAs({.id = client->id(), .token = client->token()}),
              IsRpcOk());
}

TEST_F(SpeakerTest, AWrongTokenIsRefused) {
  RunScript({});
  const auto client = Attach();
  std::string token = client->token();
  token.back() = token.back() == 'A' ? 'B' : 'A';

  EXPECT_THAT(SendAs({.id = client->id(), .token = token}),
              FailsWith(kDenied, "ACTOR_NOT_YOURS"));
}

TEST_F(SpeakerTest, AMissingTokenIsRefused) {
  RunScript({});
  const auto client = Attach();

  EXPECT_THAT(SendAs({.id = client->id()}),
              FailsWith(kDenied, "ACTOR_NOT_YOURS"));
}

TEST_F(SpeakerTest, AnotherActorsTokenIsRefused) {
  RunScript({});
  const auto client = Attach();
  const auto other = Attach();

  EXPECT_THAT(SendAs({.id = client->id(), .token = other->token()}),
              FailsWith(kDenied, "ACTOR_NOT_YOURS"));
}

TEST_F(SpeakerTest, AnActorThatHasEndedIsRefused) {
  RunScript({});
  const auto client = Attach();
  client->HalfClose();
  EXPECT_THAT(client->Finish(), IsRpcOk());

  EXPECT_THAT(SendAs({.id = client->id(), .token = client->token()}),
              FailsWith(kDenied, "ACTOR_NOT_YOURS"));
}

// --- The child -------------------------------------------------------------

class ChildDownTest : public GatewayTest {
 protected:
  Endpoint& endpoint() { return *live_->gateway().Endpoints().front(); }
  grpc::Status SendOne() { return Send(SendRequestTo("echo", Text("x"))); }
};

TEST_F(ChildDownTest, AChildThatClosedItsStdoutIsDown) {
  RunScript({"close-stdout", "deaf"});
  Watcher(stub(), SinceTheBeginning()).UntilState(v1::ENDPOINT_STATE_STOPPING);

  const grpc::Status status = SendOne();

  EXPECT_THAT(status, FailsWith(kUnavailable, "ENDPOINT_DOWN"));
  EXPECT_THAT(status.error_message(), HasSubstr("'default'"));
  EXPECT_THAT(status.error_message(), HasSubstr("stdout"));
  EXPECT_THAT(FailureOf(status).fields, IsEmpty());
  endpoint().Kill();
}

TEST_F(ChildDownTest, AChildThatIsBeingStoppedIsDown) {
  RunScript({"mute"});
  endpoint().Stop();
  Watcher(stub(), SinceTheBeginning()).UntilState(v1::ENDPOINT_STATE_STOPPING);

  const grpc::Status status = SendOne();

  EXPECT_THAT(status, FailsWith(kUnavailable, "ENDPOINT_DOWN"));
  EXPECT_THAT(status.error_message(), HasSubstr("STOPPING"));
  endpoint().Kill();
}

TEST_F(ChildDownTest, AChildThatDiedHasFailed) {
  RunScript({"exit:3"});
  Watcher(stub(), SinceTheBeginning()).UntilState(v1::ENDPOINT_STATE_FAILED);

  const grpc::Status status = SendOne();

  EXPECT_THAT(status, FailsWith(kUnavailable, "ENDPOINT_FAILED"));
  EXPECT_THAT(status.error_message(), HasSubstr("exit code 3"));
}

TEST_F(ChildDownTest, AGatewayThatEndsSaysSo) {
  RunScript({});
  live_->BeginEnd();

  EXPECT_THAT(SendOne(), FailsWith(kUnavailable, "SHUTTING_DOWN"));
  EXPECT_THAT(Send(SendRequestTo(7, Text("x"))),
              FailsWith(kUnavailable, "SHUTTING_DOWN"));
}

}  // namespace
}  // namespace thespian::gateway
