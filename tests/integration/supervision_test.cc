// What operators and orchestrators rely on: a child that ends, is restarted or
// leaves orphans, the health check, and the admin's own address.
#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <sys/stat.h>

#include <asio/ip/tcp.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "tests/integration/gateway_process.h"
#include "tests/support/attach_client.h"
#include "tests/support/frames.h"
#include "tests/support/hex.h"
#include "tests/support/patience.h"
#include "tests/support/rpc_failure.h"
#include "tests/support/rpc_values.h"
#include "tests/support/watcher.h"
#include "thespian/gateway/v1/admin.grpc.pb.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::vector<std::string> Scripted(std::vector<std::string> verbs) {
  verbs.insert(verbs.begin(), TG_SCRIPTED_CHILD);
  return verbs;
}

std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address) {
  return grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
}

// --- With the child --------------------------------------------------------

TEST(ExitWithChildTest, GivesItsExitCode) {
  GatewayProcess gateway({"--exit-with-child"}, Scripted({"exit:42"}));
  EXPECT_EQ(gateway.program().Wait().code, 42);
}

TEST(ExitWithChildTest, GivesItsSignalAsAShellDoes) {
  GatewayProcess gateway({"--exit-with-child"}, Scripted({"signal:9"}));
  EXPECT_EQ(gateway.program().Wait().code, 128 + SIGKILL);
}

TEST(ExitWithChildTest, ExcludesRestarts) {
  Program gateway({TG_GATEWAY, "--exit-with-child", "--restart", "always", "--",
                   TG_DEMO_CHILD});
  const Ended ended = gateway.Wait();
  EXPECT_EQ(ended.code, 64);
  EXPECT_THAT(ended.err, HasSubstr("--restart"));
}

// --- Restarts --------------------------------------------------------------

TEST(RestartTest, AChildThatIsKilledComesBackByItself) {
  GatewayProcess gateway({}, {TG_DEMO_CHILD});
  const auto stub = v1::GatewayService::NewStub(ChannelTo(gateway.address()));
  AttachClient client(*stub);
  ASSERT_TRUE(client.Open());

  ASSERT_EQ(kill(gateway.ChildPid(), SIGKILL), 0);

  v1::ActorEvent::EndpointChanged changed;
  while (changed.state() != v1::ENDPOINT_STATE_RUNNING) {
    const auto event = client.Next(v1::ActorEvent::kEndpointChanged);
    ASSERT_TRUE(event.has_value());
    changed = event->endpoint_changed();
  }
  EXPECT_EQ(changed.incarnation(), 2u);
  client.Do(SendToName("echo", Text("back")));
  EXPECT_EQ(client.NextCbor(), TextItem("back"));
}

// Though the gateway holds the sequence, as it may after its clock was set
// back.
TEST(RestartTest, AWatcherOfAnotherGatewayGetsASnapshotByItsEpoch) {
  uint64_t epoch = 0;
  {
    GatewayProcess other({}, {TG_DEMO_CHILD});
    const auto stub = v1::GatewayService::NewStub(ChannelTo(other.address()));
    Watcher watcher(*stub, v1::WatchProxiesRequest());
    ASSERT_TRUE(watcher.Next().has_value());
    epoch = watcher.epoch();
  }
  GatewayProcess gateway({}, {TG_DEMO_CHILD});
  const auto stub = v1::GatewayService::NewStub(ChannelTo(gateway.address()));
  Watcher first(*stub, v1::WatchProxiesRequest());
  const auto complete = first.Next(v1::ProxyEvent::kSnapshotComplete);
  ASSERT_TRUE(complete.has_value());
  EXPECT_NE(first.epoch(), epoch);
  v1::WatchProxiesRequest request;
  request.set_after_sequence(complete->sequence());
  request.set_epoch(epoch);
  Watcher watcher(*stub, request);
  EXPECT_TRUE(watcher.Next(v1::ProxyEvent::kSnapshotComplete).has_value());
}

TEST(RestartTest, AWatcherOfAnEarlierGatewayGetsASnapshot) {
  uint64_t last = 0;
  {
    GatewayProcess earlier({}, {TG_DEMO_CHILD});
    const auto stub = v1::GatewayService::NewStub(ChannelTo(earlier.address()));
    Watcher watcher(*stub, v1::WatchProxiesRequest());
    const auto complete = watcher.Next(v1::ProxyEvent::kSnapshotComplete);
    ASSERT_TRUE(complete.has_value());
    last = complete->sequence();
  }
  GatewayProcess later({}, {TG_DEMO_CHILD});
  const auto stub = v1::GatewayService::NewStub(ChannelTo(later.address()));
  v1::WatchProxiesRequest request;
  request.set_after_sequence(last);
  Watcher watcher(*stub, request);
  EXPECT_TRUE(watcher.Next(v1::ProxyEvent::kSnapshotComplete).has_value());
}

// --- Orphans ---------------------------------------------------------------

// The processes whose parent is `parent`, with their states, such as "17 Z".
std::vector<std::string> ChildrenOf(pid_t parent) {
  std::vector<std::string> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "stat");
    std::string pid;
    std::string name;
    std::string state;
    pid_t its_parent = 0;
    if (file >> pid >> name >> state >> its_parent && its_parent == parent) {
      children.push_back(pid + " " + state);
    }
  }
  return children;
}

TEST(OrphanTest, IsAdoptedAndReaped) {
  // The child leaves a process in a session of its own, and ends when it is
  // told something.
  constexpr char kLeave[] =
      "setsid /bin/sh -c 'read line <\"$0\"' \"$0\" & head -c 1 >&2";
  const TempDir directory;
  const std::string fifo = directory.File("fifo");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  GatewayProcess gateway({"--restart", "never"},
                         {"/bin/sh", "-c", kLeave, fifo});
  std::ofstream to_orphan(fifo);  // waits until the process has left
  const auto stub = v1::GatewayService::NewStub(ChannelTo(gateway.address()));
  Watcher watcher(*stub, v1::WatchProxiesRequest());
  AttachClient client(*stub);
  ASSERT_TRUE(client.Open());
  ASSERT_TRUE(client.Do(SendToName("x", Text("end"))));
  ASSERT_FALSE(watcher.UntilState(v1::ENDPOINT_STATE_FAILED).empty());
  // It, and the guard of the child's group.
  EXPECT_EQ(ChildrenOf(gateway.program().pid()).size(), 2u);

  to_orphan << "end\n" << std::flush;

  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (ChildrenOf(gateway.program().pid()).size() > 1 &&
         std::chrono::steady_clock::now() < deadline) {
  }
  EXPECT_THAT(ChildrenOf(gateway.program().pid()), SizeIs(1));
}

// --- Health ----------------------------------------------------------------

TEST(HealthCheckTest, TellsByItsExitCode) {
  GatewayProcess gateway({"--restart", "never"}, {TG_DEMO_CHILD});
  const std::vector<std::string> check = {TG_GATEWAY, "healthcheck", "--listen",
                                          gateway.address()};
  EXPECT_EQ(Program(check).Wait().code, 0);

  const auto stub = v1::GatewayService::NewStub(ChannelTo(gateway.address()));
  Watcher watcher(*stub, v1::WatchProxiesRequest());
  ASSERT_EQ(kill(gateway.ChildPid(), SIGKILL), 0);
  ASSERT_FALSE(watcher.UntilState(v1::ENDPOINT_STATE_FAILED).empty());

  const Ended unhealthy = Program(check).Wait();
  EXPECT_EQ(unhealthy.code, 1);
  EXPECT_THAT(unhealthy.err, HasSubstr("NOT_SERVING"));
}

TEST(HealthCheckTest, TakesTheAddressFromTheEnvironment) {
  GatewayProcess gateway({}, {TG_DEMO_CHILD});
  EXPECT_EQ(Program({TG_GATEWAY, "healthcheck"},
                    {"THESPIAN_GATEWAY_LISTEN=" + gateway.address()})
                .Wait()
                .code,
            0);
}

TEST(HealthCheckTest, NobodyThereIsUnhealthy) {
  const TempDir directory;
  const Ended ended = Program({TG_GATEWAY, "healthcheck", "--listen",
                               "unix:" + directory.File("none")})
                          .Wait();
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("none"));
}

// --- thespianctl -----------------------------------------------------------

TEST(CtlAdminTest, StopsStartsRestartsAndShowsTheFlightRecord) {
  GatewayProcess gateway({}, {TG_DEMO_CHILD});
  const auto ctl = [&gateway](std::vector<std::string> command) {
    command.insert(command.begin(), {TG_CTL, "--address", gateway.address()});
    const Ended ended = Program(command).Wait();
    EXPECT_EQ(ended.code, 0) << ended.err;
    return ended.out;
  };
  EXPECT_EQ(ctl({"call", "echo", "[\"hello\"]"}), "[\"hello\"]\n");
  EXPECT_THAT(ctl({"flight"}),
              AllOf(HasSubstr("to        25 [\"send_named\", 1, \"echo\", "
                              "[\"hello\"]]\n"),
                    HasSubstr(", 1, [\"hello\"]]\n")));
  EXPECT_THAT(ctl({"stop"}), HasSubstr("stopped"));
  EXPECT_THAT(ctl({"start"}), HasSubstr("running"));
  EXPECT_THAT(ctl({"restart"}), HasSubstr("running"));
  EXPECT_THAT(ctl({"endpoint"}), HasSubstr("incarnation                3\n"));
}

// --- Metrics ---------------------------------------------------------------

// What the gateway answers where its log says that the metrics are.
std::string GetMetrics(Program& gateway) {
  constexpr std::string_view kPlace = "metrics on http://127.0.0.1:";
  EXPECT_TRUE(gateway.AwaitErr("/metrics\n"));
  const std::string& log = gateway.err();
  const size_t port = log.find(kPlace) + kPlace.size();
  asio::ip::tcp::iostream http("127.0.0.1",
                               log.substr(port, log.find('/', port) - port));
  http << "GET /metrics HTTP/1.0\r\n\r\n" << std::flush;
  return {std::istreambuf_iterator<char>(http), {}};
}

TEST(MetricsTest, AreServedOverHttp) {
  GatewayProcess gateway({"--metrics-listen", "127.0.0.1:0"}, {TG_DEMO_CHILD});
  const auto stub = v1::GatewayService::NewStub(ChannelTo(gateway.address()));
  AttachClient client(*stub);
  ASSERT_TRUE(client.Open());
  client.Do(SendToName("echo", Text("x")));
  ASSERT_EQ(client.NextCbor(), TextItem("x"));

  const std::string text = GetMetrics(gateway.program());

  EXPECT_THAT(text, HasSubstr("HTTP/1.1 200 OK"));
  EXPECT_THAT(text, HasSubstr("\nthespian_gateway_endpoint_state{endpoint="
                              "\"default\",state=\"RUNNING\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\nthespian_gateway_written_total{endpoint="
                              "\"default\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\nthespian_gateway_proxies_live{endpoint="
                              "\"default\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\nthespian_gateway_local_actors 1\n"));
}

TEST(MetricsTest, SkippedFramesAreCountedByReasonAndMisplacedTagsAtAll) {
  const std::string unknown = FrameOf(FromHex("81 63") + "foo");
  const std::string misplaced =
      FrameOf(FromHex("84 64") + "send" + FromHex("82 64") + "RPID" +
              FromHex("07 82 64") + "RPID" + FromHex("01 80"));
  GatewayProcess gateway(
      {"--metrics-listen", "127.0.0.1:0"},
      Scripted({"frames:1", "hex:" + ToHex(unknown + unknown + misplaced)}));
  const auto stub = v1::GatewayService::NewStub(ChannelTo(gateway.address()));
  AttachClient client(*stub);
  ASSERT_TRUE(client.Open());
  ASSERT_EQ(client.id(), 1u);
  client.Do(SendToName("x", Text("go")));
  ASSERT_EQ(client.NextCbor(), FromHex("80"));

  const std::string text = GetMetrics(gateway.program());

  EXPECT_THAT(text, HasSubstr("\nthespian_gateway_skipped_total{endpoint="
                              "\"default\"} 2\n"));
  EXPECT_THAT(text,
              HasSubstr("\nthespian_gateway_skipped_by_reason_total{endpoint="
                        "\"default\",reason=\"an unknown verb\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("\nthespian_gateway_misplaced_tags_total{"
                              "endpoint=\"default\"} 1\n"));
}

TEST(MetricsTest, AnAddressThatCanNotBeListenedOnIsTold) {
  const Ended ended =
      Program({TG_GATEWAY, "--listen", "127.0.0.1:0", "--metrics-listen",
               "203.0.113.1:9", "--", TG_DEMO_CHILD})
          .Wait();
  EXPECT_EQ(ended.code, 78);
  EXPECT_THAT(ended.err, HasSubstr("203.0.113.1:9"));
}

// --- The admin's address ---------------------------------------------------

TEST(AdminListenTest, KeepsAdminServiceOffThePublicAddress) {
  const TempDir directory;
  const std::string address = "unix:" + directory.File("admin");
  GatewayProcess gateway({"--admin-listen", address}, {TG_DEMO_CHILD});
  const auto stop = [](const std::string& where) {
    const auto stub = v1::AdminService::NewStub(ChannelTo(where));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    v1::StopEndpointResponse response;
    return stub->StopEndpoint(&context, {}, &response);
  };
  EXPECT_EQ(stop(gateway.address()).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_THAT(stop(address), IsRpcOk());
}

}  // namespace
}  // namespace thespian::gateway
