// A watch is told the run of the gateway that its sequences are of, and goes on
// in no other, whatever sequences that one holds.
#include <string>

#include "gmock/gmock.h"
#include "tests/server/gateway_test.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr uint64_t kEpoch = 70;
constexpr uint64_t kAnother = 71;

v1::WatchProxiesRequest AfterIn(uint64_t sequence, uint64_t epoch) {
  v1::WatchProxiesRequest request;
  request.set_after_sequence(sequence);
  request.set_epoch(epoch);
  return request;
}

class WatchEpochTest : public GatewayTest {
 protected:
  WatchEpochTest() { options_.gateway.journal.epoch = kEpoch; }
};

TEST_F(WatchEpochTest, EveryStreamTellsTheRunThatItIsOf) {
  RunScript({"proxies:1"});
  v1::WatchProxiesRequest after;
  after.set_after_sequence(1);
  for (const v1::WatchProxiesRequest& request :
       {v1::WatchProxiesRequest(), after, SinceTheBeginning()}) {
    Watcher watcher(stub(), request);
    ASSERT_TRUE(watcher.Next().has_value());
    EXPECT_EQ(watcher.epoch(), kEpoch);
  }
}

TEST_F(WatchEpochTest, GoesOnInTheSameRunAndInOneThatIsNotNamed) {
  RunScript({"proxies:1"});
  Watcher first(stub(), SinceTheBeginning());
  const auto second = first.Next();
  ASSERT_TRUE(second.has_value());
  for (const uint64_t epoch : {uint64_t{0}, kEpoch}) {
    Watcher watcher(stub(), AfterIn(second->sequence() - 1, epoch));

    const auto event = watcher.Next();

    ASSERT_TRUE(event.has_value());
    EXPECT_EQ(event->SerializeAsString(), second->SerializeAsString());
  }
}

TEST_F(WatchEpochTest, AHeldSequenceOfAnotherRunLeadsToASnapshot) {
  RunScript({"proxies:5"});
  while (GetEndpoint().counters().proxies_created() < 5) {
  }
  Watcher watcher(stub(), AfterIn(1, kAnother));

  const auto row = watcher.Next();
  const auto complete = watcher.Next(v1::ProxyEvent::kSnapshotComplete);

  ASSERT_TRUE(row.has_value() && complete.has_value());
  EXPECT_EQ(row->sequence(), 0u) << "an event after the held sequence";
  EXPECT_EQ(complete->snapshot_complete().proxies(), 5u);
  EXPECT_EQ(watcher.epoch(), kEpoch) << "that to be named from now on";
}

TEST_F(WatchEpochTest, AHeldSequenceOfAnotherRunIsAnErrorWithoutASnapshot) {
  RunScript({"proxies:1"});
  v1::WatchProxiesRequest request = AfterIn(1, kAnother);
  request.set_skip_snapshot(true);
  Watcher watcher(stub(), request);

  const grpc::Status status = watcher.Finish();

  EXPECT_THAT(status,
              FailsWith(grpc::StatusCode::OUT_OF_RANGE, "SEQUENCE_COMPACTED"));
  EXPECT_THAT(FailureOf(status).fields, ElementsAre("epoch"));
  EXPECT_THAT(status.error_message(), HasSubstr(std::to_string(kAnother)));
}

TEST_F(WatchEpochTest, WithoutASequenceARunMeansNothing) {
  RunScript({"frames:1", "proxies:1"});
  v1::WatchProxiesRequest request = AfterIn(0, kAnother);
  request.set_skip_snapshot(true);
  Watcher watcher(stub(), request);
  watcher.AwaitStart();
  ASSERT_THAT(Send(SendRequestTo("x", Text("go"))), IsRpcOk());

  EXPECT_TRUE(watcher.Next(v1::ProxyEvent::kProxyCreated).has_value());
}

}  // namespace
}  // namespace thespian::gateway
