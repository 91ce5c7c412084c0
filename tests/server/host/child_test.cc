// One child behind the gateway, from its start to its end: what the seed of
// this project did, each as a promise of its own.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>

#include "endpoint/process/unique_fd.h"
#include "endpoint/wire/message.h"
#include "gmock/gmock.h"
#include "tests/server/gateway_test.h"
#include "tests/support/hex.h"
#include "tests/support/own_process.h"
#include "tests/support/patience.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class ChildTest : public GatewayTest {
 protected:
  void Go() { EXPECT_THAT(Send(SendRequestTo("x", Text("go"))), IsRpcOk()); }
};

// A frame of actor 7 to actor 1.
std::string FrameOf(std::string_view text) {
  std::string frame;
  AppendFrame(SendMessage{.from = {7}, .to = {1}, .payload = TextItem(text)},
              frame);
  return frame;
}

// How many descriptors of each kind are open, but for gRPC's: sockets and what
// wakes its pollers.
std::map<std::string, int> DescriptorKinds() {
  std::map<std::string, int> kinds;
  for (const int fd : OwnDescriptors()) {
    std::error_code error;
    std::string kind = std::filesystem::read_symlink(
        "/proc/self/fd/" + std::to_string(fd), error);
    if (!kind.starts_with("anon_inode:")) kind = kind.substr(0, kind.find(':'));
    if (kind != "socket" && kind != "anon_inode:[eventfd]") ++kinds[kind];
  }
  return kinds;
}

// Whether the process has ended, waiting for that.
bool HasEnded(const UniqueFd& pidfd) {
  pollfd poller{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
  const auto patience =
      std::chrono::duration_cast<std::chrono::milliseconds>(kPatience);
  return poll(&poller, 1, static_cast<int>(patience.count())) == 1;
}

UniqueFd PidfdOf(const v1::Endpoint& endpoint) {
  return UniqueFd(static_cast<int>(syscall(
      SYS_pidfd_open, static_cast<pid_t>(endpoint.pid()), /*flags=*/0)));
}

TEST_F(ChildTest, SubprocessIsWrapped) {
  RunDemo();

  const v1::Endpoint endpoint = GetEndpoint();

  EXPECT_EQ(endpoint.name(), "default");
  EXPECT_EQ(endpoint.state(), v1::ENDPOINT_STATE_RUNNING);
  EXPECT_EQ(endpoint.incarnation(), 1u);
  EXPECT_EQ(endpoint.restarts(), 0u);
  EXPECT_THAT(endpoint.command(), ElementsAre(TG_DEMO_CHILD));
  EXPECT_TRUE(endpoint.has_uptime());
  EXPECT_FALSE(endpoint.has_last_exit());
  std::error_code error;
  EXPECT_EQ(std::filesystem::read_symlink(
                "/proc/" + std::to_string(endpoint.pid()) + "/exe", error),
            std::filesystem::canonical(TG_DEMO_CHILD));
}

TEST_F(ChildTest, APythonChildIsWrappedToo) {
  Run({"/usr/bin/python3", TG_PYTHON_CHILD});
  const auto client = Attach("", v1::PAYLOAD_ENCODING_JSON);

  client->Do(SendToName("echo", Json(R"(["hello",1])")));

  const auto event = client->Next(v1::ActorEvent::kDelivery);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->delivery().payload().json(), R"(["hello",1])");
}

TEST_F(ChildTest, FramesAreAccumulatedOverSplitReads) {
  RunScript({"frames:1", "split:" + ToHex(FrameOf("one") + FrameOf("two"))});
  const auto client = Attach();
  ASSERT_EQ(client->id(), 1u);

  client->Do(SendToName("x", Text("go")));

  EXPECT_EQ(client->NextCbor(), TextItem("one"));
  EXPECT_EQ(client->NextCbor(), TextItem("two"));
}

TEST_F(ChildTest, ManyFramesInOneRead) {
  RunScript({"frames:1", "hex:" + ToHex(FrameOf("one") + FrameOf("two") +
                                        FrameOf("three"))});
  const auto client = Attach();
  ASSERT_EQ(client->id(), 1u);

  client->Do(SendToName("x", Text("go")));

  EXPECT_EQ(client->NextCbor(), TextItem("one"));
  EXPECT_EQ(client->NextCbor(), TextItem("two"));
  EXPECT_EQ(client->NextCbor(), TextItem("three"));
}

TEST_F(ChildTest, OutboundById) {
  RunScript({"record:2", "from:7", "send-named:ready:x"});
  AwaitReady();
  ChildRecord record(stub());

  EXPECT_THAT(Send(SendRequestTo(7, Text("hello"))), IsRpcOk());

  EXPECT_THAT(record.Next(),
              UnorderedElementsAre(
                  Pair("kind", "send"), Pair("from", "0"), Pair("to", "7"),
                  Pair("payload_hex", ToHex(TextItem("hello")))));
}

TEST_F(ChildTest, OutboundByName) {
  RunScript({"record:2"});
  ChildRecord record(stub());
  const auto client = Attach();

  client->Do(SendToName("some name", Text("hello")));

  EXPECT_THAT(
      record.Next(),
      UnorderedElementsAre(Pair("kind", "send_named"),
                           Pair("from", std::to_string(client->id())),
                           Pair("name", "some name"),
                           Pair("payload_hex", ToHex(TextItem("hello")))));
}

TEST_F(ChildTest, ProxyIsCreatedOncePerRemoteId) {
  RunScript({"frames:1", "from:7", "send-named:a:x", "send-named:b:x", "from:8",
             "send-named:c:x", "from:7", "link:99", "from:0", "send-named:d:x",
             "stderr:done"});
  Watcher watcher(stub(), SinceTheBeginning());
  Go();

  std::vector<uint64_t> created;
  for (const v1::ProxyEvent& event :
       watcher.Until([](const auto& e) { return e.has_stderr_line(); })) {
    if (!event.has_proxy_created()) continue;
    created.push_back(event.proxy_created().remote_id());
  }
  EXPECT_THAT(created, ElementsAre(7, 8));
}

TEST_F(ChildTest, ExitIsRoutedToTheProxy) {
  RunScript({"from:7", "send-named:ready:x", "frames:2", "die:enough"});
  AwaitReady();
  const auto linked = Attach();
  const auto other = Attach();
  linked->Do(LinkTo(7, 1));
  ASSERT_TRUE(linked->Next(v1::ActorEvent::kCommandResult).has_value());

  Go();

  const auto event = linked->Next(v1::ActorEvent::kExited);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->exited().remote_id(), 7u);
  EXPECT_EQ(event->exited().reason(), "enough");
  // The actor is gone, and only who was linked is told.
  EXPECT_THAT(Send(SendRequestTo(7, Text("x"))),
              FailsWith(grpc::StatusCode::NOT_FOUND, "ACTOR_UNKNOWN"));
  other->HalfClose();
  while (const auto heard = other->Next()) EXPECT_FALSE(heard->has_exited());
}

TEST_F(ChildTest, ProxyIsRemovedOnce) {
  RunScript({"frames:1", "from:7", "send-named:a:x", "die:once", "die:twice",
             "exit:0"});
  Watcher watcher(stub(), SinceTheBeginning());
  Go();

  std::vector<std::string> reasons;
  for (const v1::ProxyEvent& event :
       watcher.UntilState(v1::ENDPOINT_STATE_FAILED)) {
    if (!event.has_proxy_closed()) continue;
    EXPECT_EQ(event.proxy_closed().remote_id(), 7u);
    reasons.push_back(event.proxy_closed().reason());
  }
  EXPECT_THAT(reasons, ElementsAre("once"));
}

TEST_F(ChildTest, TransportClosedReachesEveryLiveProxyWhenTheChildDies) {
  RunScript({"frames:1", "stderr:goodbye", "proxies:50", "exits:20", "exit:3"});
  Watcher watcher(stub(), SinceTheBeginning());
  const auto client = Attach();
  Go();

  const auto events = watcher.UntilState(v1::ENDPOINT_STATE_FAILED);

  std::map<uint64_t, std::string> reasons;
  for (const v1::ProxyEvent& event : events) {
    if (!event.has_proxy_closed()) continue;
    const v1::ProxyClosed& closed = event.proxy_closed();
    EXPECT_TRUE(reasons.emplace(closed.remote_id(), closed.reason()).second);
    EXPECT_EQ(closed.cause(), closed.remote_id() <= 20
                                  ? v1::PROXY_CLOSE_CAUSE_EXIT
                                  : v1::PROXY_CLOSE_CAUSE_TRANSPORT_CLOSED);
  }
  EXPECT_EQ(reasons.size(), 50u);
  EXPECT_EQ(reasons[20], "normal");
  EXPECT_EQ(reasons[21], "transport_closed");
  ASSERT_FALSE(events.empty());
  const v1::EndpointStateChanged& failed =
      events.back().endpoint_state_changed();
  EXPECT_EQ(failed.exit().exit_code(), 3);
  EXPECT_THAT(failed.exit().stderr_lines(), ElementsAre("goodbye"));
  EXPECT_THAT(failed.reason(), HasSubstr("exit code 3"));
}

TEST_F(ChildTest, ALinkedClientIsToldThatTheTransportClosed) {
  RunScript({"from:7", "send-named:ready:x", "frames:2", "exit:0"});
  AwaitReady();
  const auto client = Attach();
  client->Do(LinkTo(7, 1));
  ASSERT_TRUE(client->Next(v1::ActorEvent::kCommandResult).has_value());

  Go();

  const auto exited = client->Next(v1::ActorEvent::kExited);
  ASSERT_TRUE(exited.has_value());
  EXPECT_EQ(exited->exited().reason(), "transport_closed");
  std::optional<v1::ActorEvent> changed;
  do {
    changed = client->Next(v1::ActorEvent::kEndpointChanged);
    ASSERT_TRUE(changed.has_value());
  } while (changed->endpoint_changed().state() != v1::ENDPOINT_STATE_FAILED);
  EXPECT_THAT(changed->endpoint_changed().reason(), HasSubstr("exit code 0"));
}

TEST_F(ChildTest, AMessageForNobodyIsUndeliverable) {
  RunScript({"record:2", "from:7", "send:99:x"});
  ChildRecord record(stub());
  Watcher watcher(stub(), SinceTheBeginning());

  const auto event = watcher.Next(v1::ProxyEvent::kMessageUndeliverable);

  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->message_undeliverable().reason(), "no_such_actor");
  EXPECT_EQ(event->message_undeliverable().to_id(), 99u);
  EXPECT_THAT(record.Next(),
              UnorderedElementsAre(Pair("kind", "exit"), Pair("local", "99"),
                                   Pair("reason", "no_such_actor")));
}

TEST_F(ChildTest, TeardownLeavesNoProcessAndNoDescriptor) {
  RunDemo();  // gRPC keeps what its first use has opened
  live_->End();
  live_ = nullptr;
  const std::map<std::string, int> before = DescriptorKinds();

  RunDemo();
  const UniqueFd pidfd = PidfdOf(GetEndpoint());
  ASSERT_GE(pidfd.get(), 0);
  EXPECT_NE(DescriptorKinds(), before);
  live_ = nullptr;

  EXPECT_TRUE(HasEnded(pidfd));
  EXPECT_EQ(waitid(P_ALL, 0, nullptr, WEXITED | WNOHANG | WNOWAIT), -1);
  EXPECT_EQ(errno, ECHILD);
  std::map<std::string, int> after = DescriptorKinds();
  --after["anon_inode:[pidfd]"];  // our own
  if (after["anon_inode:[pidfd]"] == 0) after.erase("anon_inode:[pidfd]");
  EXPECT_EQ(after, before);
}

}  // namespace
}  // namespace thespian::gateway
