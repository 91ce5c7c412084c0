// WatchProxies: the snapshot, the events, and going on where one stopped.
#include <google/protobuf/stubs/logging.h>

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "endpoint/actors/proxy_picture.h"
#include "gmock/gmock.h"
#include "tests/server/gateway_test.h"
#include "tests/support/own_process.h"

namespace thespian::gateway {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Kind = v1::ProxyEvent::EventCase;

std::vector<Kind> KindsOf(const std::vector<v1::ProxyEvent>& events) {
  std::vector<Kind> kinds;
  for (const v1::ProxyEvent& event : events) {
    kinds.push_back(event.event_case());
  }
  return kinds;
}

// Three remote actors speak, two of them end, the third says that this is all.
// After the first frame.
const std::vector<std::string> kShortLife = {"frames:1", "proxies:3", "exits:2",
                                             "from:3", "send-named:done:x"};

bool IsDone(const v1::ProxyEvent& event) {
  return event.message_undeliverable().to_name() == "done";
}

// Of this process, in which the gateway is.
size_t ResidentBytes() { return std::stoull(OwnStatus("VmRSS")) << 10; }

class WatchTest : public GatewayTest {
 protected:
  void Go() { EXPECT_THAT(Send(SendRequestTo("x", Text("go"))), IsRpcOk()); }
};

// --- The snapshot ----------------------------------------------------------

TEST_F(WatchTest, BeginsWithASnapshotAndGoesOnLive) {
  RunScript({"proxies:3", "send-named:ready:x", "frames:1", "exits:1"});
  while (GetEndpoint().counters().received() < 4) {
  }
  Watcher watcher(stub(), {});

  const auto rows = watcher.Until([](const v1::ProxyEvent& event) {
    return event.has_snapshot_complete();
  });
  EXPECT_THAT(KindsOf(rows),
              ElementsAre(Kind::kEndpointStateChanged, Kind::kProxyCreated,
                          Kind::kProxyCreated, Kind::kProxyCreated,
                          Kind::kSnapshotComplete));
  EXPECT_EQ(rows.front().endpoint_state_changed().state(),
            v1::ENDPOINT_STATE_RUNNING);
  EXPECT_EQ(rows.front().endpoint_state_changed().pid(), GetEndpoint().pid());
  EXPECT_EQ(rows.back().snapshot_complete().proxies(), 3u);
  const uint64_t taken_at = rows.back().sequence();
  EXPECT_GT(taken_at, 0u);
  for (const v1::ProxyEvent& row : rows) {
    EXPECT_EQ(row.sequence(), row.has_snapshot_complete() ? taken_at : 0);
  }

  Go();
  const auto sent = watcher.Next();
  ASSERT_TRUE(sent.has_value());
  EXPECT_EQ(sent->event_case(), Kind::kMessageSent);
  EXPECT_EQ(sent->sequence(), taken_at + 1);
  const auto closed = watcher.Next();
  ASSERT_TRUE(closed.has_value());
  EXPECT_EQ(closed->proxy_closed().remote_id(), 1u);
  EXPECT_EQ(closed->proxy_closed().reason(), "normal");
  EXPECT_EQ(closed->proxy_closed().cause(), v1::PROXY_CLOSE_CAUSE_EXIT);
  EXPECT_EQ(closed->sequence(), taken_at + 2);
}

TEST_F(WatchTest, TheSequenceRisesByOne) {
  RunScript(kShortLife);
  Watcher watcher(stub(), SinceTheBeginning());
  Go();

  const auto events = watcher.Until(IsDone);

  uint64_t expected = 1;
  for (const v1::ProxyEvent& event : events) {
    EXPECT_EQ(event.sequence(), ++expected);
    EXPECT_EQ(event.endpoint(), "default");
    EXPECT_EQ(event.incarnation(), 1u);
    EXPECT_GT(event.time().seconds(), 0);
  }
  EXPECT_THAT(KindsOf(events),
              ElementsAre(Kind::kEndpointStateChanged, Kind::kMessageSent,
                          Kind::kProxyCreated, Kind::kMessageUndeliverable,
                          Kind::kProxyCreated, Kind::kMessageUndeliverable,
                          Kind::kProxyCreated, Kind::kMessageUndeliverable,
                          Kind::kProxyClosed, Kind::kProxyClosed,
                          Kind::kMessageUndeliverable));
}

TEST_F(WatchTest, WithoutASnapshotOnlyWhatIsNewComes) {
  RunScript({"from:7", "send-named:ready:x", "frames:1", "die:over"});
  AwaitReady();
  v1::WatchProxiesRequest request;
  request.set_skip_snapshot(true);
  Watcher watcher(stub(), request);
  watcher.AwaitStart();
  Go();

  const auto closed = watcher.Next(Kind::kProxyClosed);

  ASSERT_TRUE(closed.has_value());
  EXPECT_EQ(closed->proxy_closed().remote_id(), 7u);
}

// --- Going on --------------------------------------------------------------

TEST_F(WatchTest, GoesOnAfterASequence) {
  RunScript(kShortLife);
  Watcher first(stub(), SinceTheBeginning());
  Go();
  const auto all = first.Until(IsDone);

  for (size_t i = 0; i + 1 < all.size(); ++i) {
    v1::WatchProxiesRequest request;
    request.set_after_sequence(all[i].sequence());
    Watcher watcher(stub(), request);
    const auto rest = watcher.Until(IsDone);

    ASSERT_EQ(rest.size(), all.size() - i - 1);
    for (size_t k = 0; k < rest.size(); ++k) {
      EXPECT_EQ(rest[k].SerializeAsString(),
                all[i + 1 + k].SerializeAsString());
    }
  }
}

TEST_F(WatchTest, ASequenceThatIsNotHeldIsAnErrorWithoutASnapshot) {
  options_.gateway.journal.lives = 8;
  RunScript({"proxies:50"});
  while (GetEndpoint().counters().proxies_created() < 50) {
  }
  for (const uint64_t after : {uint64_t{1}, uint64_t{1'000'000}}) {
    v1::WatchProxiesRequest request;
    request.set_after_sequence(after);
    request.set_skip_snapshot(true);
    Watcher watcher(stub(), request);

    const grpc::Status status = watcher.Finish();

    EXPECT_THAT(status, FailsWith(grpc::StatusCode::OUT_OF_RANGE,
                                  "SEQUENCE_COMPACTED"));
    EXPECT_THAT(FailureOf(status).fields, ElementsAre("after_sequence"));
    EXPECT_THAT(status.error_message(), HasSubstr(std::to_string(after)));
  }
}

TEST_F(WatchTest, ASequenceThatIsNotHeldLeadsToASnapshot) {
  options_.gateway.journal.lives = 8;
  RunScript({"proxies:50"});
  while (GetEndpoint().counters().proxies_created() < 50) {
  }
  v1::WatchProxiesRequest request;
  request.set_after_sequence(1);
  Watcher watcher(stub(), request);

  const auto complete = watcher.Next(Kind::kSnapshotComplete);

  ASSERT_TRUE(complete.has_value());
  EXPECT_EQ(complete->snapshot_complete().proxies(), 50u);
}

// --- What is wanted --------------------------------------------------------

TEST_F(WatchTest, OnlyTheKindsThatAreWantedCome) {
  RunScript(kShortLife);
  Watcher watcher(
      stub(), SinceTheBeginning({v1::PROXY_EVENT_KIND_PROXY_CLOSED,
                                 v1::PROXY_EVENT_KIND_MESSAGE_UNDELIVERABLE}));
  Go();

  EXPECT_THAT(
      KindsOf(watcher.Until(IsDone)),
      ElementsAre(Kind::kMessageUndeliverable, Kind::kMessageUndeliverable,
                  Kind::kMessageUndeliverable, Kind::kProxyClosed,
                  Kind::kProxyClosed, Kind::kMessageUndeliverable));
}

TEST_F(WatchTest, ASnapshotHasOnlyTheKindsThatAreWantedButIsCompleted) {
  RunScript({"proxies:3", "send-named:ready:x"});
  while (GetEndpoint().counters().received() < 4) {
  }
  v1::WatchProxiesRequest request;
  request.add_kinds(v1::PROXY_EVENT_KIND_PROXY_CREATED);
  Watcher watcher(stub(), request);

  EXPECT_THAT(KindsOf(watcher.Until([](const v1::ProxyEvent& event) {
                return event.has_snapshot_complete();
              })),
              ElementsAre(Kind::kProxyCreated, Kind::kProxyCreated,
                          Kind::kProxyCreated, Kind::kSnapshotComplete));
}

TEST_F(WatchTest, PayloadsComeWhenTheyAreAskedFor) {
  RunScript({"frames:1", "send-named:nobody:hello"});
  v1::WatchProxiesRequest with =
      SinceTheBeginning({v1::PROXY_EVENT_KIND_MESSAGE_SENT,
                         v1::PROXY_EVENT_KIND_MESSAGE_UNDELIVERABLE});
  Watcher without(stub(), with);
  with.set_include_payloads(true);
  Watcher watcher(stub(), with);
  watcher.AwaitStart();

  Go();

  const auto sent = watcher.Next(Kind::kMessageSent);
  ASSERT_TRUE(sent.has_value());
  EXPECT_EQ(sent->message_sent().payload(), TextItem("go"));
  EXPECT_EQ(sent->message_sent().to_name(), "x");
  EXPECT_EQ(sent->message_sent().size(), TextItem("go").size());
  const auto lost = watcher.Next(Kind::kMessageUndeliverable);
  ASSERT_TRUE(lost.has_value());
  EXPECT_TRUE(lost->message_undeliverable().from_child());
  EXPECT_EQ(lost->message_undeliverable().from_id(), 1u);
  EXPECT_EQ(lost->message_undeliverable().to_name(), "nobody");
  EXPECT_EQ(lost->message_undeliverable().reason(), "no_such_name");
  const auto bare = without.Next(Kind::kMessageSent);
  ASSERT_TRUE(bare.has_value());
  EXPECT_THAT(bare->message_sent().payload(), IsEmpty());
  EXPECT_EQ(bare->message_sent().size(), TextItem("go").size());
}

// --- Quiet watches ---------------------------------------------------------

TEST_F(WatchTest, AQuietWatchCarriesHeartbeats) {
  RunScript({"until-eof"});
  Watcher watcher(stub(), {});
  ASSERT_TRUE(watcher.Next(Kind::kSnapshotComplete).has_value());
  const auto start = std::chrono::steady_clock::now();
  live_->server().Tick(start);
  live_->server().Tick(start + std::chrono::seconds(29));

  EXPECT_THAT(Send(SendRequestTo("counter", Text("x"))), IsRpcOk());
  const auto sent = watcher.Next();
  ASSERT_TRUE(sent.has_value() && sent->has_message_sent());
  live_->server().Tick(start +
                       std::chrono::seconds(40));  // the message is noticed
  live_->server().Tick(start + std::chrono::seconds(69));
  live_->server().Tick(start + std::chrono::seconds(70));

  const auto heartbeat = watcher.Next();
  ASSERT_TRUE(heartbeat.has_value() && heartbeat->has_heartbeat());
  EXPECT_EQ(heartbeat->sequence(), sent->sequence());
  EXPECT_GT(heartbeat->time().seconds(), 0);
  live_->End();
  const auto state = watcher.Next();
  ASSERT_TRUE(state.has_value());
  EXPECT_TRUE(state->has_endpoint_state_changed()) << "one heartbeat was due";
}

// Its sequence is that of the last event, whether it was wanted or not.
TEST_F(WatchTest, AHeartbeatIsAPlaceToGoOnFrom) {
  RunScript({"until-eof"});
  v1::WatchProxiesRequest request;
  request.set_skip_snapshot(true);
  request.add_kinds(v1::PROXY_EVENT_KIND_FRAME_REJECTED);
  Watcher watcher(stub(), request);
  watcher.AwaitStart();
  EXPECT_THAT(Send(SendRequestTo("counter", Text("x"))), IsRpcOk());
  const uint64_t newest = live_->gateway().journal().last_sequence();
  const auto start = std::chrono::steady_clock::now();
  live_->server().Tick(start);
  live_->server().Tick(start + std::chrono::seconds(30));

  const auto heartbeat = watcher.Next();

  ASSERT_TRUE(heartbeat.has_value() && heartbeat->has_heartbeat());
  EXPECT_EQ(heartbeat->sequence(), newest);
}

// --- Slow watchers ---------------------------------------------------------

TEST_F(WatchTest, ASlowWatcherOfAFloodIsToldTheGapAndLosesNoLife) {
  options_.gateway.journal.messages = 16;
  RunScript({"frames:1", "proxies:5000", "exits:4999", "from:5000",
             "send-named:done:x"});
  Watcher slow(stub(), SinceTheBeginning());
  Watcher lives(stub(), SinceTheBeginning({v1::PROXY_EVENT_KIND_PROXY_CLOSED}));
  Go();
  for (int i = 0; i < 4'999; ++i) ASSERT_TRUE(lives.Next().has_value());

  // Every sequence is told, or lies in a gap.
  std::set<uint64_t> told;
  uint64_t last = 1;
  size_t created = 0;
  size_t closed = 0;
  bool gaps = false;
  for (const v1::ProxyEvent& event : slow.Until(IsDone)) {
    EXPECT_GT(event.sequence(), last);
    last = event.sequence();
    created += event.has_proxy_created();
    closed += event.has_proxy_closed();
    told.insert(event.sequence());
    if (!event.has_gap()) continue;
    gaps = true;
    EXPECT_EQ(event.sequence(), event.gap().last_sequence());
    for (uint64_t missed = event.gap().first_sequence();
         missed <= event.gap().last_sequence(); ++missed) {
      told.insert(missed);
    }
  }
  EXPECT_EQ(created, 5'000u);
  EXPECT_EQ(closed, 4'999u);
  EXPECT_TRUE(gaps);
  EXPECT_EQ(told.size(), last - 1) << "some were dropped in silence";
}

// They share it: of their own they hold only what is being written to them.
TEST_F(WatchTest, AHundredWatchersThatDoNotReadShareOneSnapshot) {
  constexpr size_t kProxies = 300'000;
  constexpr size_t kWatchers = 100;
  constexpr size_t kOwn = 4 << 20;  // and what the client has received
  RunScript({"proxies:" + std::to_string(kProxies)});
  while (GetEndpoint().counters().received() < kProxies) {
  }
  const size_t before = ResidentBytes();
  std::vector<std::unique_ptr<Watcher>> watchers;
  for (size_t i = 0; i < kWatchers; ++i) {
    watchers.push_back(
        std::make_unique<Watcher>(stub(), v1::WatchProxiesRequest()));
  }
  for (const auto& watcher : watchers) {
    ASSERT_TRUE(watcher->Next().has_value());
  }
  // A sanitizer keeps memory itself.
  if (!kSanitized) {
    EXPECT_LE(ResidentBytes(),
              before + kProxies * sizeof(LiveProxy) + kWatchers * kOwn);
  }
}

// What it holds of a snapshot is of no use any more.
TEST_F(WatchTest, WhoDoesNotReadItsSnapshotInTimeIsCutOff) {
  options_.gateway.journal.lives = 64;
  RunScript({"proxies:300000", "frames:1", "exits:100"});
  while (GetEndpoint().counters().received() < 300'000) {
  }
  Watcher watcher(stub(), {});
  ASSERT_TRUE(watcher.Next().has_value());
  Go();
  while (GetEndpoint().counters().proxies_closed() < 100) {
  }

  live_->server().Tick(std::chrono::steady_clock::now());

  EXPECT_THAT(watcher.Finish(),
              FailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED, "MAILBOX_FULL"));
}

// --- Errors ----------------------------------------------------------------

TEST_F(WatchTest, AnUnknownEndpointIsAnError) {
  RunDemo();
  v1::WatchProxiesRequest request;
  request.set_endpoint("nowhere");

  EXPECT_THAT(Watcher(stub(), request).Finish(),
              FailsWith(grpc::StatusCode::NOT_FOUND, "ENDPOINT_UNKNOWN"));
}

TEST_F(WatchTest, WhatCanNotBeReadIsAnError) {
  RunDemo();
  const google::protobuf::LogSilencer silencer;
  v1::WatchProxiesRequest request;
  request.set_endpoint("\xff");

  EXPECT_THAT(Watcher(stub(), request).Finish(),
              FailsWith(grpc::StatusCode::INVALID_ARGUMENT, "FIELD_INVALID"));
}

TEST_F(WatchTest, AnUnknownKindIsAnError) {
  RunDemo();
  for (const int kind : {0, 99}) {
    v1::WatchProxiesRequest request;
    request.add_kinds(static_cast<v1::ProxyEventKind>(kind));
    Watcher watcher(stub(), request);

    const grpc::Status status = watcher.Finish();

    EXPECT_THAT(status,
                FailsWith(grpc::StatusCode::INVALID_ARGUMENT, "FIELD_INVALID"));
    EXPECT_THAT(FailureOf(status).fields, ElementsAre("kinds"));
    EXPECT_THAT(status.error_message(), HasSubstr(std::to_string(kind)));
  }
}

TEST_F(WatchTest, ThereAreAtMostSoManyWatchers) {
  options_.gateway.max_watchers = 1;
  RunDemo();
  Watcher first(stub(), SinceTheBeginning());
  ASSERT_TRUE(first.Next().has_value());

  const grpc::Status status = Watcher(stub(), {}).Finish();

  EXPECT_THAT(status,
              FailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED, "LIMIT_REACHED"));
  EXPECT_THAT(status.error_message(), HasSubstr("1"));
  first.Cancel();
  // The gateway hears of it when it gets to it.
  while (!Watcher(stub(), {}).Next().has_value()) {
  }
}

TEST_F(WatchTest, AWatcherSeesTheEndAndIsToldWhy) {
  RunDemo();
  Watcher watcher(stub(), SinceTheBeginning());
  ASSERT_TRUE(watcher.Next().has_value());  // it has begun

  live_->End();

  EXPECT_FALSE(watcher.UntilState(v1::ENDPOINT_STATE_STOPPED).empty());
  EXPECT_THAT(watcher.Finish(),
              FailsWith(grpc::StatusCode::UNAVAILABLE, "SHUTTING_DOWN"));
}

TEST_F(WatchTest, AWatchAfterTheEndHasBegunIsRefused) {
  RunDemo();
  live_->BeginEnd();

  EXPECT_THAT(Watcher(stub(), {}).Finish(),
              FailsWith(grpc::StatusCode::UNAVAILABLE, "SHUTTING_DOWN"));
}

}  // namespace
}  // namespace thespian::gateway
