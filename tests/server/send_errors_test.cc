// The error table of the API, as far as Send and SendNamed reach it.
#include <google/protobuf/stubs/logging.h>

#include <functional>

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
constexpr auto kDenied = grpc::StatusCode::PERMISSION_DENIED;
constexpr auto kUnavailable = grpc::StatusCode::UNAVAILABLE;

// A request that is good but for one thing, and what comes of that.
template <typename Request>
struct Refusal {
  std::string name;
  std::function<void(Request&)> spoil;
  grpc::StatusCode code = grpc::StatusCode::OK;
  std::string reason;
  std::string field;
  std::vector<std::string> words;  // of the message

  friend void PrintTo(const Refusal& refusal, std::ostream* out) {
    *out << refusal.name;
  }
};

template <typename Request>
void ExpectRefused(const grpc::Status& status,
                   const Refusal<Request>& refusal) {
  EXPECT_THAT(status, FailsWith(refusal.code, refusal.reason));
  EXPECT_THAT(FailureOf(status).fields, ElementsAre(refusal.field));
  for (const std::string& word : refusal.words) {
    EXPECT_THAT(status.error_message(), HasSubstr(word));
  }
}

template <typename Request>
std::string NameOf(const ::testing::TestParamInfo<Refusal<Request>>& info) {
  return info.param.name;
}

template <typename Request>
Refusal<Request> BadPayload(const std::string& name, const v1::Payload& payload,
                            std::vector<std::string> words,
                            const std::string& field) {
  return {name,
          [payload](Request& request) { *request.mutable_payload() = payload; },
          kInvalid,
          "PAYLOAD_INVALID",
          field,
          std::move(words)};
}

template <typename Request>
std::vector<Refusal<Request>> BadPayloads() {
  const auto bad = [](const std::string& name, const v1::Payload& payload,
                      std::vector<std::string> words,
                      const std::string& field = "payload") {
    return BadPayload<Request>(name, payload, std::move(words), field);
  };
  return {
      bad("MissingPayload", {}, {"missing"}),
      bad("EmptyPayload", Cbor(""), {"empty", "at byte 0"}),
      bad("TwoItems", Cbor(FromHex("01 02")), {"1 byte", "at byte 1"}),
      bad("TruncatedItem", Cbor(FromHex("82 01")), {"at byte 2"}),
      bad("ReservedHead", Cbor(FromHex("1c")), {"at byte 0"}),
      bad("Tag", Cbor(FromHex("82 01 c1 00")), {"tag", "at byte 2"}),
      bad("IndefiniteLength", Cbor(FromHex("81 9f ff")),
          {"indefinite", "at byte 1"}),
      bad("Undefined", Cbor(FromHex("f7")), {"simple", "at byte 0"}),
      bad("BelowInt64", Cbor(FromHex("3b ffffffffffffffff")),
          {"-2^63", "at byte 0"}),
      bad("NestedTooDeep", Cbor(std::string(65, '\x81') + '\x01'),
          {"64", "at byte 64"}),
      bad("MalformedJson", Json("{\"a\": 1,\n  oops}"), {"line 2", "column 3"},
          "payload.json"),
      bad("TwoJsonValues", Json("1 2"), {"line 1"}, "payload.json"),
  };
}

template <typename Request>
Refusal<Request> UnknownEndpoint() {
  return {"UnknownEndpoint",
          [](Request& request) { request.set_endpoint("nowhere"); },
          kNotFound,
          "ENDPOINT_UNKNOWN",
          "endpoint",
          {"'nowhere'"}};
}

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
  all.push_back({"TargetIsNobody",
                 [](Request& r) { r.set_to_id(0); },
                 kInvalid,
                 "FIELD_INVALID",
                 "to_id",
                 {"0"}});
  all.push_back({"UnknownTarget",
                 [](Request& r) { r.set_to_id(99); },
                 kNotFound,
                 "ACTOR_UNKNOWN",
                 "to_id",
                 {"99", "'default'"}});
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
  all.push_back({"EmptyName",
                 [](Request& r) { r.set_to_name(""); },
                 kInvalid,
                 "FIELD_INVALID",
                 "to_name",
                 {"255", "empty"}});
  all.push_back({"LongName",
                 [](Request& r) { r.set_to_name(std::string(256, 'n')); },
                 kInvalid,
                 "FIELD_INVALID",
                 "to_name",
                 {"255", "256"}});
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

TEST_F(SendErrorsTest, TheCborProfileTakesTagsAndFramesUpToMaxFrameBytes) {
  options_.endpoint.profile = PayloadProfile::kCbor;
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

// Protobuf itself refuses the request, before the gateway sees it.
TEST_F(SendErrorsTest, ANameThatIsNotUtf8IsNotTaken) {
  RunScript({});
  const google::protobuf::LogSilencer silencer;

  EXPECT_FALSE(Send(SendRequestTo("\xff\xfe", Text("x"))).ok());

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
