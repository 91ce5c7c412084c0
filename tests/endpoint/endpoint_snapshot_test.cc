// A snapshot of an endpoint is the state that its events tell of, at one
// moment and not between two.
#include <atomic>
#include <cstdint>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "endpoint/endpoint.h"
#include "gmock/gmock.h"
#include "tests/endpoint/endpoint_fixture.h"

namespace thespian::gateway {
namespace {

constexpr uint64_t kProxies = 10'000;

class SnapshotTest : public EndpointTest {
 protected:
  SharedSnapshot Take() {
    Awaited<SharedSnapshot> taken;
    endpoint_->proxies().TakeSnapshot([&](const SharedSnapshot& snapshot) {
      taken.Update([&](auto& t) { t = snapshot; });
    });
    EXPECT_TRUE(taken.Await([](const auto& t) { return t != nullptr; }));
    return taken.Get();
  }
};

std::set<uint64_t> IdsOf(const EndpointSnapshot& snapshot) {
  std::set<uint64_t> ids;
  for (const auto& piece : snapshot.proxies->pieces) {
    for (const LiveProxy& proxy : *piece) ids.insert(proxy.id.value);
  }
  EXPECT_EQ(ids.size(), snapshot.proxies->proxies());
  return ids;
}

// What the events up to a sequence say is live.
class Replay {
 public:
  explicit Replay(std::vector<ProxyEvent> events)
      : events_(std::move(events)) {}

  const std::set<uint64_t>& LiveAt(uint64_t sequence) {
    for (; next_ < events_.size() && events_[next_].sequence <= sequence;
         ++next_) {
      const ProxyEventBody& body = events_[next_].body;
      if (const auto* created = std::get_if<ProxyCreated>(&body)) {
        EXPECT_TRUE(live_.insert(created->remote.value).second);
      } else if (const auto* closed = std::get_if<ProxyClosed>(&body)) {
        EXPECT_EQ(live_.erase(closed->remote.value), 1u);
      }
    }
    return live_;
  }

 private:
  const std::vector<ProxyEvent> events_;
  size_t next_ = 0;
  std::set<uint64_t> live_;
};

TEST_F(SnapshotTest, HasWhatTheEventsBeforeItTell) {
  Start({"proxies:" + std::to_string(kProxies),
         "exits:" + std::to_string(kProxies / 2), "until-eof"});
  // None is kept: while many are in use, an older one may have to do.
  std::vector<std::pair<uint64_t, std::set<uint64_t>>> seen;
  const auto look = [&] {
    const SharedSnapshot snapshot = Take();
    seen.emplace_back(snapshot->sequence, IdsOf(*snapshot));
  };
  do {
    look();
  } while (endpoint_->Status().inbound.proxies_closed < kProxies / 2);
  look();
  EXPECT_EQ(seen.back().second.size(), kProxies / 2);
  JournalReader reader(journal_,
                       KindOf<ProxyCreated>() | KindOf<ProxyClosed>());
  Replay replay(reader.Read());
  for (const auto& [sequence, ids] : seen) {
    EXPECT_EQ(ids, replay.LiveAt(sequence));
  }
}

TEST_F(SnapshotTest, NamesEndpointStateAndIncarnation) {
  Start({});
  const SharedSnapshot snapshot = Take();
  EXPECT_EQ(*snapshot->endpoint, "east");
  EXPECT_EQ(snapshot->incarnation, Incarnation{1});
  EXPECT_EQ(snapshot->state.state, EndpointState::kRunning);
  EXPECT_EQ(snapshot->state.pid, endpoint_->Status().pid);
  EXPECT_EQ(snapshot->sequence, journal_.last_sequence());
  EXPECT_EQ(snapshot->time, clock_.Now());
}

TEST_F(SnapshotTest, CanBeTakenWhenTheLoopHasEnded) {
  Start({"proxies:3"});
  endpoint_->Stop();
  endpoint_->Join();
  bool taken = false;
  endpoint_->proxies().TakeSnapshot([&taken](const SharedSnapshot& snapshot) {
    taken = true;
    EXPECT_EQ(snapshot->state.state, EndpointState::kStopped);
    EXPECT_EQ(snapshot->proxies, nullptr);
  });
  EXPECT_TRUE(taken) << "by the calling thread";
}

TEST_F(SnapshotTest, NoneIsLostWhileTheLoopEnds) {
  Start({"proxies:100"});
  std::atomic<bool> joined = false;
  std::thread watcher([&] {
    for (int after_join = 0; after_join < 10; after_join += joined ? 1 : 0) {
      EXPECT_EQ(Take()->incarnation, Incarnation{1});
    }
  });
  endpoint_->Stop();
  endpoint_->Join();
  joined = true;
  watcher.join();
}

}  // namespace
}  // namespace thespian::gateway
