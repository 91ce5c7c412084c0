// The gateway as a process: its end, by signals and otherwise.
#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/gateway_process.h"
#include "tests/support/attach_client.h"
#include "tests/support/patience.h"
#include "tests/support/rpc_failure.h"
#include "tests/support/rpc_values.h"
#include "tests/support/watcher.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

const std::vector<std::string> kDemoChild = {TG_DEMO_CHILD};
// Ends by SIGKILL alone.
const std::vector<std::string> kStubbornChild = {TG_SCRIPTED_CHILD,
                                                 "ignore-sigterm", "deaf"};

std::unique_ptr<v1::GatewayService::Stub> StubOf(
    const GatewayProcess& gateway) {
  return v1::GatewayService::NewStub(grpc::CreateChannel(
      gateway.address(), grpc::InsecureChannelCredentials()));
}

// After a second without an event gRPC looks for calls every 100 ms only: one
// that comes 1,050 ms after the last would wait for 50 ms, every time.
TEST(SilenceTest, ACallAfterASecondWithoutAnyIsNotLate) {
  constexpr int kCalls = 5;
  constexpr std::chrono::milliseconds kSilence{1'050};
  constexpr std::chrono::milliseconds kLate{40};
  const GatewayProcess gateway({}, kDemoChild);
  const auto stub = StubOf(gateway);
  v1::SendNamedRequest request;
  request.set_to_name("counter");
  *request.mutable_payload() = Text("x");
  steady_clock::duration quickest = steady_clock::duration::max();
  for (int i = 0; i < kCalls; ++i) {
    std::this_thread::sleep_for(kSilence);  // NOLINT(house): is what is tested
    grpc::ClientContext context;
    v1::SendNamedResponse response;
    const auto start = steady_clock::now();
    ASSERT_TRUE(stub->SendNamed(&context, request, &response).ok());
    quickest = std::min(quickest, steady_clock::now() - start);
  }
  EXPECT_LT(quickest, kLate);
}

class EndBySignalTest : public ::testing::TestWithParam<int> {};

TEST_P(EndBySignalTest, TellsItsClientsAndEndsWithZero) {
  GatewayProcess gateway({}, kDemoChild);
  const auto stub = StubOf(gateway);
  AttachClient client(*stub);
  ASSERT_TRUE(client.Open());
  client.Do(SendToName("echo", Text("x")));
  EXPECT_EQ(client.NextCbor(), TextItem("x"));
  Watcher watcher(*stub, v1::WatchProxiesRequest());
  ASSERT_TRUE(watcher.Next().has_value());
  const UniqueFd child = OpenPidfd(gateway.ChildPid());
  ASSERT_GE(child.get(), 0);

  gateway.program().Kill(GetParam());

  EXPECT_TRUE(client.Next(v1::ActorEvent::kClosing).has_value());
  EXPECT_THAT(client.Finish(),
              FailsWith(grpc::StatusCode::UNAVAILABLE, "SHUTTING_DOWN"));
  const auto events = watcher.UntilState(v1::ENDPOINT_STATE_STOPPED);
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.back().endpoint_state_changed().exit().exit_code(), 0);
  EXPECT_THAT(watcher.Finish(),
              FailsWith(grpc::StatusCode::UNAVAILABLE, "SHUTTING_DOWN"));
  const Ended ended = gateway.program().Wait();
  EXPECT_EQ(ended.code, 0) << "signal " << ended.signal << "\n" << ended.err;
  EXPECT_TRUE(AwaitEnd(child));
}

INSTANTIATE_TEST_SUITE_P(Signals, EndBySignalTest,
                         ::testing::Values(SIGTERM, SIGINT),
                         [](const ::testing::TestParamInfo<int>& row) {
                           return std::string(sigabbrev_np(row.param));
                         });

TEST(EndTest, AChildThatIgnoresEverythingBoundsItByTheGrace) {
  GatewayProcess gateway({"--stop-grace", "300ms"}, kStubbornChild);
  const UniqueFd child = OpenPidfd(gateway.ChildPid());
  const auto begun = steady_clock::now();

  gateway.program().Kill(SIGTERM);

  const Ended ended = gateway.program().Wait();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_GE(steady_clock::now() - begun, std::chrono::milliseconds(600));
  EXPECT_LT(steady_clock::now() - begun, seconds(kSanitized ? 15 : 5));
  EXPECT_TRUE(AwaitEnd(child));
}

TEST(EndTest, ASecondSignalEndsItAtOnce) {
  GatewayProcess gateway({"--stop-grace", "1h"}, kStubbornChild);
  const UniqueFd child = OpenPidfd(gateway.ChildPid());
  const auto stub = StubOf(gateway);
  AttachClient client(*stub);
  ASSERT_TRUE(client.Open());
  gateway.program().Kill(SIGTERM);
  ASSERT_TRUE(client.Next(v1::ActorEvent::kClosing).has_value());

  gateway.program().Kill(SIGTERM);

  EXPECT_EQ(gateway.program().Wait().signal, SIGTERM);
  EXPECT_TRUE(AwaitEnd(child));
}

TEST(EndTest, AClientThatDoesNotReadDoesNotHoldItUp) {
  GatewayProcess gateway({"--stop-grace", "300ms"}, kDemoChild);
  const auto stub = StubOf(gateway);
  AttachClient client(*stub);
  ASSERT_TRUE(client.Open());
  std::vector<v1::ActorCommand> commands(
      50, SendToName("echo", Cbor(ItemOfSize(30'000))));
  // Until it is cut off, if it is.
  for (int i = 0; i < 10 && client.Do(commands); ++i) {
  }

  gateway.program().Kill(SIGTERM);

  const Ended ended = gateway.program().Wait();
  EXPECT_EQ(ended.code, 0) << ended.err;
}

TEST(EndTest, AGatewayThatIsKilledLeavesNoChild) {
  GatewayProcess gateway({}, kStubbornChild);
  const UniqueFd child = OpenPidfd(gateway.ChildPid());
  ASSERT_GE(child.get(), 0);

  gateway.program().Kill(SIGKILL);

  EXPECT_EQ(gateway.program().Wait().signal, SIGKILL);
  EXPECT_TRUE(AwaitEnd(child));
}

TEST(EndTest, AGatewayThatIsKilledLeavesNoGrandchildInTheGroup) {
  GatewayProcess gateway({}, {"/bin/sh", "-c",
                              "tail -f /dev/null >/dev/null 2>&1 & echo "
                              "\"grandchild $!;\" >&2; read line"});
  constexpr std::string_view kWord = "grandchild ";
  ASSERT_TRUE(gateway.program().AwaitErr(";\n"));
  const std::string& log = gateway.program().err();
  const UniqueFd grandchild =
      OpenPidfd(std::atoi(log.c_str() + log.find(kWord) + kWord.size()));
  ASSERT_GE(grandchild.get(), 0);

  gateway.program().Kill(SIGKILL);

  EXPECT_TRUE(AwaitEnd(grandchild));
}

TEST(EndTest, AnOrdinaryStopOfABusyChildIsNoProtocolError) {
  GatewayProcess gateway(
      {}, {"/bin/sh", "-c",
           "printf '\\132\\000\\000\\000\\020\\203'; echo half >&2; read line; "
           "exit 0"});
  const auto stub = StubOf(gateway);
  Watcher watcher(*stub, v1::WatchProxiesRequest());
  ASSERT_TRUE(watcher.Next().has_value());
  ASSERT_TRUE(gateway.program().AwaitErr("half\n"));

  gateway.program().Kill(SIGTERM);

  const auto events = watcher.UntilState(v1::ENDPOINT_STATE_STOPPED);
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.back().endpoint_state_changed().exit().reason(),
            "the child ended: exit code 0");
}

TEST(EndTest, AChildThatDiesDoesNotEndTheGateway) {
  GatewayProcess gateway({"--restart", "never"}, {TG_SCRIPTED_CHILD, "exit:3"});
  const auto stub = StubOf(gateway);
  Watcher watcher(*stub, v1::WatchProxiesRequest());
  EXPECT_FALSE(watcher.UntilState(v1::ENDPOINT_STATE_FAILED).empty());

  gateway.program().Kill(SIGTERM);

  const Ended ended = gateway.program().Wait();
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.err, HasSubstr("exit code 3"));
}

}  // namespace
}  // namespace thespian::gateway
