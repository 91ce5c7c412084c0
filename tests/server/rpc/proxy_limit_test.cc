// Children whose actors never say exit: --max-proxies and
// --proxy-idle-timeout.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/server/gateway_test.h"

namespace thespian::gateway {
namespace {

using std::chrono::milliseconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

class ProxyLimitTest : public GatewayTest {
 protected:
  // What happened up to the child's first line on stderr.
  std::vector<v1::ProxyEvent> UntilSaid() {
    Watcher watcher(stub(), SinceTheBeginning());
    return watcher.Until([](const auto& e) { return e.has_stderr_line(); });
  }

  void Go() { EXPECT_THAT(Send(SendRequestTo("x", Text("go"))), IsRpcOk()); }
};

// Who was closed, in order, each of them by a limit of the gateway.
std::vector<uint64_t> Closed(const std::vector<v1::ProxyEvent>& events,
                             const std::string& reason) {
  std::vector<uint64_t> closed;
  for (const v1::ProxyEvent& event : events) {
    if (!event.has_proxy_closed()) continue;
    EXPECT_EQ(event.proxy_closed().reason(), reason);
    EXPECT_EQ(event.proxy_closed().cause(), v1::PROXY_CLOSE_CAUSE_RELEASED);
    closed.push_back(event.proxy_closed().remote_id());
  }
  return closed;
}

// --- --max-proxies ---------------------------------------------------------

TEST_F(ProxyLimitTest, OneMoreThanMayBeTakesThePlaceOfTheOneThatHasBeenIdle) {
  options_.endpoint.max_proxies = 3;
  RunScript({"proxies:3", "from:1", "send-named:nobody:x", "from:4",
             "send-named:nobody:x", "stderr:done"});

  const auto events = UntilSaid();

  EXPECT_THAT(Closed(events, "max_proxies"), ElementsAre(2));
  EXPECT_EQ(GetEndpoint().counters().proxies_live(), 3u);
  EXPECT_THAT(Send(SendRequestTo(4, Text("x"))), IsRpcOk());
  EXPECT_THAT(Send(SendRequestTo(2, Text("x"))),
              FailsWith(grpc::StatusCode::NOT_FOUND, "ACTOR_UNKNOWN"));
}

TEST_F(ProxyLimitTest, ThereAreNeverMoreThanMayBe) {
  constexpr size_t kMost = 100;
  options_.endpoint.max_proxies = kMost;
  RunScript({"proxies:1000", "stderr:done"});

  size_t live = 0;
  size_t most = 0;
  for (const v1::ProxyEvent& event : UntilSaid()) {
    if (event.has_proxy_closed()) --live;
    if (event.has_proxy_created()) most = std::max(most, ++live);
  }

  EXPECT_EQ(live, kMost);
  EXPECT_EQ(most, kMost + 1) << "the newest, for which another goes";
  const v1::EndpointCounters counters = GetEndpoint().counters();
  EXPECT_EQ(counters.proxies_created(), 1'000u);
  EXPECT_EQ(counters.proxies_closed(), 1'000u - kMost);
}

TEST_F(ProxyLimitTest, OneThatIsLinkedIsTheLastToGiveWay) {
  options_.endpoint.max_proxies = 2;
  RunScript({"from:1", "send-named:ready:x", "frames:2", "proxies:10",
             "stderr:done"});
  AwaitReady();
  const auto client = Attach();
  client->Do(LinkTo(1, 1));
  ASSERT_TRUE(client->Next(v1::ActorEvent::kCommandResult).has_value());
  Go();

  EXPECT_THAT(Closed(UntilSaid(), "max_proxies"), Not(Contains(1)));

  EXPECT_THAT(Send(SendRequestTo(1, Text("x"))), IsRpcOk());
}

TEST_F(ProxyLimitTest, OneThatIsLinkedAndGivesWayAllTheSameTellsWhy) {
  options_.endpoint.max_proxies = 1;
  RunScript({"from:1", "send-named:ready:x", "frames:2", "from:2",
             "send-named:nobody:x"});
  AwaitReady();
  const auto client = Attach();
  client->Do(LinkTo(1, 1));
  ASSERT_TRUE(client->Next(v1::ActorEvent::kCommandResult).has_value());

  Go();

  const auto event = client->Next();
  ASSERT_TRUE(event.has_value() && event->has_exited());
  EXPECT_EQ(event->exited().remote_id(), 1u);
  EXPECT_EQ(event->exited().reason(), "max_proxies");
}

// --- --proxy-idle-timeout --------------------------------------------------

// In milliseconds since the epoch.
int64_t TimeOf(const v1::ProxyEvent& event) {
  return event.time().seconds() * 1'000 + event.time().nanos() / 1'000'000;
}

TEST_F(ProxyLimitTest, AnIdleProxyIsReleasedAndALinkedOneIsNot) {
  constexpr milliseconds kIdle{300};
  options_.endpoint.proxy_idle_timeout = kIdle;
  RunScript({"frames:1", "from:7", "link:1", "from:8", "send-named:nobody:x"});
  const auto client = Attach();
  ASSERT_EQ(client->id(), 1u);
  Watcher watcher(stub(), SinceTheBeginning());
  Go();

  std::vector<v1::ProxyEvent> created;
  const auto events = watcher.Until([&](const v1::ProxyEvent& event) {
    if (event.has_proxy_created()) created.push_back(event);
    return event.has_proxy_closed();
  });

  EXPECT_THAT(Closed(events, "idle_timeout"), ElementsAre(8));
  ASSERT_EQ(created.size(), 2u);
  EXPECT_EQ(created.back().proxy_created().remote_id(), 8u);
  EXPECT_GE(TimeOf(events.back()) - TimeOf(created.back()), kIdle.count());
  EXPECT_THAT(Send(SendRequestTo(7, Text("x"))), IsRpcOk());
}

}  // namespace
}  // namespace thespian::gateway
