// What the API and the metrics show of actors that speak to those of another
// endpoint.
#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "endpoint/directory/pool_options.h"
#include "gmock/gmock.h"
#include "server/observe/metrics.h"
#include "server/observe/stats.h"
#include "tests/server/gateway_test.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

// Actor 7 of "east" says something to "x", which is actor 1 of "west", and is
// answered; and to "y", which can't be sent to.
class RelayedTest : public GatewayTest {
 protected:
  void SetUp() override {
    RunScript({"until-eof"});
    AddPool("west", {"echo"}, {});
    AddPool("east",
            {"from:7", "send-named:x:hi", "frames:1", "send-named:y:hi",
             "until-eof"},
            {{"x", "west"}, {"y", "west"}});
  }

  void AddPool(const std::string& name, std::vector<std::string> verbs,
               std::map<std::string, std::string> routes) {
    verbs.insert(verbs.begin(), options_.endpoint.command.arguments.front());
    PoolOptions pool;
    pool.member.name = name;
    pool.member.command.arguments = std::move(verbs);
    if (name == "west") pool.member.names = {"x"};
    pool.routes = std::move(routes);
    for (const EndpointHandle& member : live_->gateway().AddPool(pool)) {
      ASSERT_THAT(member->Start(), IsOk());
    }
  }

  v1::Endpoint Get(const std::string& name) {
    grpc::ClientContext context;
    Prepare({}, context);
    v1::GetEndpointRequest request;
    request.set_endpoint(name);
    v1::GetEndpointResponse response;
    EXPECT_THAT(stub().GetEndpoint(&context, request, &response), IsRpcOk());
    return response.endpoint();
  }

  // Returns when all that is said is done with.
  void AwaitRefusal() {
    Watcher watcher(stub(), SinceTheBeginning());
    EXPECT_TRUE(
        watcher.Next(v1::ProxyEvent::kMessageUndeliverable).has_value());
    // A message is counted a moment after it was handed over.
    while (SomethingWaits()) {
    }
  }

  bool SomethingWaits() {
    for (const RelayLaneStats& lane : live_->gateway().relays().Stats()) {
      if (lane.waiting > 0) return true;
    }
    return false;
  }

  // The value of each such metric, by "from to".
  std::map<std::string, double> Metric(const std::string& name) {
    const GatewayMetrics metrics(live_->gateway(),
                                 live_->server().connections());
    std::map<std::string, double> values;
    for (const auto& family : metrics.Collect()) {
      if (family.name != "thespian_gateway_" + name) continue;
      for (const auto& metric : family.metric) {
        values[metric.label.at(0).value + " " + metric.label.at(1).value] =
            metric.counter.value + metric.gauge.value;
      }
    }
    return values;
  }
};

TEST_F(RelayedTest, ActorsThatStandForOthersAreListedAsSuch) {
  AwaitRefusal();
  std::vector<std::string> texts;
  for (const v1::LocalActor& actor : ListLocalActors()) {
    const v1::RelayedActor& relayed = actor.relayed();
    EXPECT_TRUE(actor.has_relayed());
    EXPECT_EQ(relayed.incarnation(), 1u);
    texts.push_back(relayed.endpoint() + " " +
                    std::to_string(relayed.remote_id()) + " to " +
                    relayed.to_endpoint());
  }
  EXPECT_THAT(texts, UnorderedElementsAre("east 7 to west", "west 1 to east"));
}

TEST_F(RelayedTest, AClientIsNone) {
  AwaitRefusal();
  const auto client = Attach("client");
  size_t clients = 0;
  for (const v1::LocalActor& actor : ListLocalActors()) {
    if (!actor.has_relayed()) ++clients;
    EXPECT_EQ(actor.has_relayed(), actor.id() != client->id());
  }
  EXPECT_EQ(clients, 1u);
}

TEST_F(RelayedTest, AnEndpointHasTheLanesFromItsActors) {
  AwaitRefusal();
  const v1::Endpoint east = Get("east");
  ASSERT_THAT(east.relays(), SizeIs(1));
  EXPECT_EQ(east.relays(0).to_endpoint(), "west");
  EXPECT_EQ(east.relays(0).messages_in(), 2u);
  EXPECT_EQ(east.relays(0).messages_out(), 1u);
  EXPECT_EQ(east.relays(0).dropped(), 0u);
  EXPECT_EQ(east.relays(0).waiting(), 0u);
  uint64_t refused = 0;
  for (const auto& [reason, count] : east.relays(0).refused()) {
    EXPECT_NE(reason, "");
    refused += count;
  }
  EXPECT_EQ(refused, 1u);
  const v1::Endpoint west = Get("west");
  ASSERT_THAT(west.relays(), SizeIs(1));
  EXPECT_EQ(west.relays(0).to_endpoint(), "east");
  EXPECT_EQ(west.relays(0).messages_in(), 1u);
  EXPECT_THAT(Get("default").relays(), IsEmpty());
}

TEST_F(RelayedTest, TheMetricsHaveEachLane) {
  AwaitRefusal();
  EXPECT_THAT(Metric("relayed_in_total"),
              UnorderedElementsAre(Pair("east west", 2), Pair("west east", 1)));
  EXPECT_THAT(Metric("relayed_out_total"),
              UnorderedElementsAre(Pair("east west", 1), Pair("west east", 1)));
  EXPECT_THAT(Metric("relayed_refused_total"),
              UnorderedElementsAre(Pair("east west", 1), Pair("west east", 0)));
  for (const char* name : {"relayed_dropped_total", "relayed_waiting"}) {
    EXPECT_THAT(Metric(name), UnorderedElementsAre(Pair("east west", 0),
                                                   Pair("west east", 0)))
        << name;
  }
}

TEST(RelayRowsTest, EachSaysWhatItIsAndWhatCanFallIsAGauge) {
  std::vector<std::string> gauges;
  for (const auto& row : RelayMetricRows()) {
    EXPECT_EQ(std::string(row.help).back(), '.') << row.name;
    if (row.type == StatType::kGauge) gauges.emplace_back(row.name);
  }
  EXPECT_EQ(gauges, std::vector<std::string>{"relayed_waiting"});
}

}  // namespace
}  // namespace thespian::gateway
