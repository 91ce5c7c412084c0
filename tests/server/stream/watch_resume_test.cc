// Whenever a watch is begun, and wherever it breaks: with the last sequence
// seen it goes on, and no event is missed or comes twice.
#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "tests/server/gateway_test.h"

namespace thespian::gateway {
namespace {

using Ids = std::set<uint64_t>;

// A client that keeps a table of the proxies from the events of one watch after
// the other.
class Follower {
 public:
  explicit Follower(v1::GatewayService::Stub& stub) : stub_(stub) { Begin(); }

  // Breaks the watch and goes on with another one.
  void Resume() {
    watcher_ = nullptr;
    Begin();
  }

  // Takes the next event. False: the stream has ended.
  bool Step() {
    const std::optional<v1::ProxyEvent> event = watcher_->Next();
    if (!event.has_value()) return false;
    if (event->has_proxy_created()) {
      EXPECT_TRUE(live_.insert(event->proxy_created().remote_id()).second);
    } else if (event->has_proxy_closed()) {
      EXPECT_EQ(live_.erase(event->proxy_closed().remote_id()), 1u);
    }
    last_ = event->sequence();
    return true;
  }

  // Of the last event; 0 within a snapshot.
  uint64_t last() const { return last_; }
  const Ids& live() const { return live_; }

 private:
  void Begin() {
    if (last_ == 0) live_.clear();  // a fresh snapshot follows
    v1::WatchProxiesRequest request;
    request.set_after_sequence(last_);
    watcher_ = std::make_unique<Watcher>(stub_, request);
  }

  v1::GatewayService::Stub& stub_;
  std::unique_ptr<Watcher> watcher_;
  uint64_t last_ = 0;
  Ids live_;
};

class WatchResumeTest : public GatewayTest {
 protected:
  void Go() { EXPECT_THAT(Send(SendRequestTo("x", Text("go"))), IsRpcOk()); }

  void AwaitReceived(uint64_t messages) {
    while (GetEndpoint().counters().received() < messages) {
    }
  }

  Ids Listed() {
    Ids ids;
    v1::ListProxiesRequest request;
    request.set_page_size(1'000);
    do {
      grpc::ClientContext context;
      Prepare({}, context);
      v1::ListProxiesResponse response;
      EXPECT_THAT(stub().ListProxies(&context, request, &response), IsRpcOk());
      for (const v1::Proxy& proxy : response.proxies()) {
        EXPECT_TRUE(ids.insert(proxy.remote_id()).second);
      }
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty());
    return ids;
  }
};

TEST_F(WatchResumeTest, ASnapshotThatBreaksIsFollowedByAnotherOne) {
  RunScript({"proxies:3000", "frames:1", "exits:1000"});
  AwaitReceived(3'000);
  std::vector<std::unique_ptr<Follower>> followers;
  for (const int rows : {1, 2, 1'500, 3'000, 3'001}) {
    followers.push_back(std::make_unique<Follower>(stub()));
    for (int i = 0; i < rows; ++i) ASSERT_TRUE(followers.back()->Step());
    EXPECT_EQ(followers.back()->last(), 0u) << "it has not come to the end";
  }
  Go();
  while (GetEndpoint().counters().proxies_closed() < 1'000) {
  }
  const Ids expected = Listed();
  ASSERT_EQ(expected.size(), 2'000u);
  for (const auto& follower : followers) {
    follower->Resume();
    while (follower->last() == 0) ASSERT_TRUE(follower->Step());
    EXPECT_EQ(follower->live(), expected);
  }
}

TEST_F(WatchResumeTest, WhoeverJoinsOrResumesAtAnyMomentHasTheSameTable) {
  constexpr int kPhases = 30;
  constexpr int kFollowers = 6;
  std::mt19937 seeds(20'261'127);
  const auto number = [](std::mt19937& random, int least, int most) {
    return std::uniform_int_distribution<int>(least, most)(random);
  };
  std::vector<std::string> script = {"proxies:300"};
  for (int i = 0; i < kPhases; ++i) {
    script.insert(script.end(),
                  {"frames:1", "exits:" + std::to_string(number(seeds, 1, 300)),
                   "proxies:" + std::to_string(number(seeds, 1, 300))});
  }
  script.emplace_back("send-named:done:x");
  RunScript(script);
  AwaitReceived(300);

  Watcher own(stub(), {});
  std::atomic<uint64_t> done = 0;  // the sequence after which nothing changes
  std::vector<Ids> tables(kFollowers);
  std::vector<std::thread> threads;
  for (Ids& table : tables) {
    threads.emplace_back([&, random = std::mt19937(seeds())]() mutable {
      Follower follower(stub());
      int steps = number(random, 1, 100);  // the first break: of a snapshot
      while (done == 0 || follower.last() < done) {
        if (steps-- == 0) {
          follower.Resume();
          steps = number(random, 1, 600);
        } else if (!follower.Step()) {
          break;
        }
      }
      table = follower.live();
    });
  }
  for (int i = 0; i < kPhases; ++i) Go();
  done = own.Until([](const v1::ProxyEvent& event) {
              return event.message_undeliverable().to_name() == "done";
            })
             .back()
             .sequence();
  Go();  // an event for those who wait for one
  for (std::thread& thread : threads) thread.join();

  const Ids expected = Listed();
  EXPECT_FALSE(expected.empty());
  for (const Ids& table : tables) EXPECT_EQ(table, expected);
}

}  // namespace
}  // namespace thespian::gateway
