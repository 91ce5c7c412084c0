// The rows of docs/reliability.md: a child that does something wrong on
// purpose, and what the client, the watcher, health and the log say.
#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "tests/integration/gateway_process.h"
#include "tests/support/attach_client.h"
#include "tests/support/frames.h"
#include "tests/support/hex.h"
#include "tests/support/patience.h"
#include "tests/support/rpc_values.h"
#include "tests/support/watcher.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway {
namespace {

namespace health = grpc::health::v1;

using ::testing::HasSubstr;

// Actor 1 says "hi" to whoever is called that; the second element is 1.
constexpr char kHiFrame[] = "5a00000011846a73656e645f6e616d656401626869f6";

std::string Times(uint64_t count, const std::string& hex) {
  return "repeat:" + std::to_string(count) + ":" + hex;
}

// A client that is linked to the child's actor 1, and a watcher.
class FaultTest : public ::testing::Test {
 protected:
  // Starts a child that says hello as actor 1, takes the client's link and a
  // message, and then does what `verbs` say.
  void RunUntilFault(const std::vector<std::string>& verbs) {
    std::vector<std::string> child = {TG_SCRIPTED_CHILD, "send-named:hi:hello",
                                      "frames:2"};
    child.insert(child.end(), verbs.begin(), verbs.end());
    gateway_ = std::make_unique<GatewayProcess>(options_, child);
    channel_ = grpc::CreateChannel(gateway_->address(),
                                   grpc::InsecureChannelCredentials());
    stub_ = v1::GatewayService::NewStub(channel_);
    watcher_ = std::make_unique<Watcher>(*stub_, v1::WatchProxiesRequest());
    ASSERT_TRUE(watcher_->Next(v1::ProxyEvent::kProxyCreated).has_value());
    client_ = std::make_unique<AttachClient>(*stub_);
    ASSERT_TRUE(client_->Open("hi"));
    ASSERT_TRUE(client_->Do(LinkTo(1)));
    ASSERT_TRUE(watcher_->Next(v1::ProxyEvent::kLinkCreated).has_value());
    ASSERT_TRUE(client_->Do(SendToName("x", Text("go"))));
  }

  health::HealthCheckResponse::ServingStatus Health() {
    const auto stub = health::Health::NewStub(channel_);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    health::HealthCheckResponse response;
    const grpc::Status status = stub->Check(&context, {}, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.status();
  }

  std::vector<std::string> options_ = {"--restart", "never", "--stop-grace",
                                       "200ms"};
  std::unique_ptr<GatewayProcess> gateway_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::GatewayService::Stub> stub_;
  std::unique_ptr<Watcher> watcher_;
  std::unique_ptr<AttachClient> client_;
};

// --- Faults that end the incarnation ---------------------------------------

struct Fatal {
  const char* name;
  std::vector<std::string> verbs;
  const char* log;     // is logged
  const char* reason;  // is in last_exit.reason
};

const Fatal kFatal[] = {
    {"Garbage", {"hex:ff00ff", "until-eof"}, "protocol error", "ff00ff"},
    {"PrintsToStdout",
     {"hex:" + ToHex("hello, world\n"), "until-eof"},
     "protocol error",
     "stdout?"},
    {"HalfAFrame", {"hex:5a0000001083", "exit:0"}, "protocol error", "inside"},
    {"AnnouncesTwoToThe63",
     {"announce:9223372036854775808", "until-eof"},
     "protocol error",
     "9223372036854775808"},
    {"NestsTooDeep",
     {"hex:" + ToHex(FrameOf("\x84\x64send\x01\x01" + std::string(70, '\x81') +
                             "\x01")),
      "until-eof"},
     "protocol error",
     "64"},
    {"ClosesStdoutAndLives",
     {"close-stdout", "deaf"},
     "stdout has ended",
     "signal 15"},
    {"IgnoresSigterm",
     {"ignore-sigterm", "hex:ff", "deaf"},
     "protocol error",
     "signal 9"},
    {"Exits", {"exit:3"}, "exit code 3", "exit code 3"},
    {"DiesBySignal", {"signal:6"}, "signal 6", "signal 6"},
    {"DiesInABurst",
     {Times(1'000, kHiFrame), "signal:9"},
     "signal 9",
     "signal 9"},
    {"SaysGoodbye",
     {"hex:" + ToHex(FrameOf("\x82\x6ftransport_error\x64"
                             "done")),
      "until-eof"},
     "transport_error: done",
     "transport_error: done"},
    {"GrandchildHoldsThePipe",
     {"grandchild", "exit:4"},
     "exit code 4",
     "exit code 4"},
};

class FatalFaultTest : public FaultTest,
                       public ::testing::WithParamInterface<Fatal> {};

TEST_P(FatalFaultTest, IsToldToEveryone) {
  ASSERT_NO_FATAL_FAILURE(RunUntilFault(GetParam().verbs));

  const auto exited = client_->Next(v1::ActorEvent::kExited);
  ASSERT_TRUE(exited.has_value());
  EXPECT_EQ(exited->exited().remote_id(), 1u);
  EXPECT_EQ(exited->exited().reason(), "transport_closed");
  const auto closed = watcher_->Next(v1::ProxyEvent::kProxyClosed);
  ASSERT_TRUE(closed.has_value());
  EXPECT_EQ(closed->proxy_closed().cause(),
            v1::PROXY_CLOSE_CAUSE_TRANSPORT_CLOSED);
  const auto events = watcher_->UntilState(v1::ENDPOINT_STATE_FAILED);
  ASSERT_FALSE(events.empty());
  EXPECT_THAT(events.back().endpoint_state_changed().exit().reason(),
              HasSubstr(GetParam().reason));
  EXPECT_EQ(Health(), health::HealthCheckResponse::NOT_SERVING);
  EXPECT_TRUE(gateway_->program().AwaitErr(GetParam().log));
}

INSTANTIATE_TEST_SUITE_P(Rows, FatalFaultTest, ::testing::ValuesIn(kFatal),
                         [](const ::testing::TestParamInfo<Fatal>& row) {
                           return row.param.name;
                         });

TEST_F(FaultTest, WhatABurstSaidBeforeItsEndIsDelivered) {
  constexpr int kMessages = 1'000;
  ASSERT_NO_FATAL_FAILURE(
      RunUntilFault({Times(kMessages, kHiFrame), "signal:9"}));
  for (int i = 0; i < kMessages; ++i) {
    ASSERT_EQ(client_->NextCbor(), "\xf6") << i;
  }
  const auto next = client_->Next();
  ASSERT_TRUE(next.has_value());
  EXPECT_TRUE(next->has_endpoint_changed() || next->has_exited())
      << next->ShortDebugString();
}

// --- Faults that are survived ----------------------------------------------

struct Survived {
  const char* name;
  std::vector<std::string> verbs;
  v1::ProxyEvent::EventCase event;  // is told to the watcher
  const char* log;                  // is logged; empty: nothing
};

// A frame that begins well, and has nothing that is known in it.
const std::string kUnknownVerb = ToHex(FrameOf("\x81\x63huh"));
constexpr uint64_t kManyProxies = kSanitized ? 20'000 : 1'000'000;

const Survived kSurvived[] = {
    {"SaysItByteByByte",
     {std::string("split:") + kHiFrame},
     v1::ProxyEvent::kMessageReceived,
     ""},
    {"UnknownVerb",
     {"hex:" + kUnknownVerb},
     v1::ProxyEvent::kFrameRejected,
     ""},
    {"FrameTooLarge",
     {"announce:5000000", Times(5'000'000, "80")},
     v1::ProxyEvent::kFrameRejected,
     ""},
    {"FloodsStdout",
     {"from:2", Times(100'000, kHiFrame)},
     v1::ProxyEvent::kMessageReceived,
     ""},
    {"FloodsStderr",
     {"stderr-flood:100000"},
     v1::ProxyEvent::kStderrLine,
     "stderr: flood 1"},
    {"MillionProxies",
     {"proxies:" + std::to_string(kManyProxies),
      "exits:" + std::to_string(kManyProxies), "from:1"},
     v1::ProxyEvent::kProxyCreated,
     ""},
};

class SurvivedFaultTest : public FaultTest,
                          public ::testing::WithParamInterface<Survived> {};

TEST_P(SurvivedFaultTest, LeavesTheLinkAlive) {
  std::vector<std::string> verbs = GetParam().verbs;
  verbs.emplace_back("send-named:hi:over");
  verbs.emplace_back("echo");
  ASSERT_NO_FATAL_FAILURE(RunUntilFault(verbs));

  EXPECT_TRUE(watcher_->Next(GetParam().event).has_value());
  std::string said;
  while (said.find("over") == said.npos) {
    said = client_->NextCbor();
    ASSERT_FALSE(said.empty());
  }
  client_->Do(SendToName("x", Text("still there")));
  EXPECT_EQ(client_->NextCbor(), TextItem("still there"));
  EXPECT_EQ(Health(), health::HealthCheckResponse::SERVING);
  EXPECT_TRUE(gateway_->program().AwaitErr(GetParam().log));
}

INSTANTIATE_TEST_SUITE_P(Rows, SurvivedFaultTest,
                         ::testing::ValuesIn(kSurvived),
                         [](const ::testing::TestParamInfo<Survived>& row) {
                           return row.param.name;
                         });

// --- Faults that only time shows -------------------------------------------

TEST_F(FaultTest, AChildThatStopsItselfIsUnresponsive) {
  options_.insert(options_.end(), {"--hang-timeout", "100ms"});
  ASSERT_NO_FATAL_FAILURE(RunUntilFault({"stop"}));
  const auto events = watcher_->UntilState(v1::ENDPOINT_STATE_UNRESPONSIVE);
  ASSERT_FALSE(events.empty());
  EXPECT_THAT(events.back().endpoint_state_changed().reason(),
              HasSubstr("stopped by a signal"));
  EXPECT_EQ(Health(), health::HealthCheckResponse::NOT_SERVING);
  EXPECT_TRUE(gateway_->program().AwaitErr("UNRESPONSIVE"));
}

TEST_F(FaultTest, AChildThatReadsNothingIsUnresponsive) {
  options_.insert(options_.end(), {"--hang-timeout", "100ms"});
  ASSERT_NO_FATAL_FAILURE(RunUntilFault({"deaf"}));
  const std::vector<v1::ActorCommand> much(
      100, SendToName("x", Cbor(ItemOfSize(30'000))));
  ASSERT_TRUE(client_->Do(much));
  const auto events = watcher_->UntilState(v1::ENDPOINT_STATE_UNRESPONSIVE);
  ASSERT_FALSE(events.empty());
  EXPECT_THAT(events.back().endpoint_state_changed().reason(),
              HasSubstr("has not read its stdin"));
  EXPECT_TRUE(gateway_->program().AwaitErr("UNRESPONSIVE"));
}

TEST_F(FaultTest, AChildThatClosesItsStdinIsEnded) {
  ASSERT_NO_FATAL_FAILURE(
      RunUntilFault({"close-stdin", "send-named:hi:closed", "deaf"}));
  EXPECT_THAT(client_->NextCbor(), HasSubstr("closed"));
  ASSERT_TRUE(client_->Do(SendToName("x", Text("lost"))));
  const auto events = watcher_->UntilState(v1::ENDPOINT_STATE_FAILED);
  ASSERT_FALSE(events.empty());
  EXPECT_THAT(events.back().endpoint_state_changed().exit().reason(),
              HasSubstr("closed its stdin"));
}

TEST_F(FaultTest, AChildThatUsesUpItsCpuTimeIsEnded) {
  GatewayProcess gateway({"--restart", "never", "--child-cpu-time", "1s"},
                         {"/bin/sh", "-c", "while :; do :; done"});
  EXPECT_TRUE(gateway.program().AwaitErr("CPU time limit exceeded"));
}

TEST_F(FaultTest, ACrashLoopIsGivenUp) {
  options_ = {"--restart-delay", "1ms", "--restart-limit", "4"};
  GatewayProcess gateway(options_, {TG_SCRIPTED_CHILD, "exit:9"});
  EXPECT_TRUE(gateway.program().AwaitErr("given up after 4 starts"));
}

}  // namespace
}  // namespace thespian::gateway
