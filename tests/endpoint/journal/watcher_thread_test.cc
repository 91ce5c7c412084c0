#include "endpoint/journal/watcher_thread.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "tests/support/awaited.h"
#include "tests/support/test_clock.h"

namespace thespian::gateway {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr WatcherThread::Pace kPace{.linger = milliseconds(1),
                                    .gather = milliseconds(10)};

// Calls `on_turn` on the thread.
class FakeWatcher final : public WatcherThread::Watcher {
 public:
  using Turn = WatcherThread::Turn;

  explicit FakeWatcher(std::function<void(const Turn&)> on_turn)
      : on_turn_(std::move(on_turn)) {}
  void OnTurn(const Turn& turn) override { on_turn_(turn); }

 private:
  const std::function<void(const Turn&)> on_turn_;
};

class WatcherThreadTest : public ::testing::Test {
 protected:
  using Log = std::vector<std::string>;

  static void Note(Awaited<Log>& log, std::string what) {
    log.Update([&](Log& all) { all.push_back(std::move(what)); });
  }
  bool AwaitSize(size_t size) {
    return log_.Await([size](const Log& log) { return log.size() >= size; });
  }

  // A watcher that notes its turns.
  std::shared_ptr<FakeWatcher> Noting(const std::string& name) {
    return std::make_shared<FakeWatcher>([this, name](const auto& turn) {
      Note(log_, turn.news ? name + " news " + std::to_string(turn.round)
                           : name + " turn");
    });
  }

  // Returns when all turns that are due have been given.
  void Settle() {
    Awaited<bool> settled;
    const auto last = std::make_shared<FakeWatcher>(
        [&](const auto&) { settled.Update([](bool& s) { s = true; }); });
    thread_.Schedule(last);
    EXPECT_TRUE(settled.Await([](bool s) { return s; }));
  }

  // News that the thread has taken note of.
  void Signal() {
    thread_.Signal();
    Settle();
  }

  TestClock clock_;
  Awaited<Log> log_;
  const std::shared_ptr<FakeWatcher> a_ = Noting("a");
  const std::shared_ptr<FakeWatcher> b_ = Noting("b");
  // The watchers that there is always news for.
  Awaited<WatcherThread::Watchers> concerned_;
  WatcherThread thread_{clock_, kPace,
                        [this](WatcherThread::Watchers& watchers) {
                          for (auto& w : concerned_.Get()) {
                            watchers.push_back(std::move(w));
                          }
                        }};
};

TEST_F(WatcherThreadTest, TheFirstNewsIsPassedOnWhenWhoBroughtItIsDone) {
  concerned_.Update([&](auto& c) { c = {a_, b_}; });
  Signal();
  EXPECT_THAT(log_.Get(), IsEmpty()) << "it is too early";
  clock_.Advance(kPace.linger);
  EXPECT_TRUE(AwaitSize(2));
  EXPECT_THAT(log_.Get(), ElementsAre("a news 1", "b news 1"));
}

TEST_F(WatcherThreadTest, NewsWithinTenMillisecondsIsPassedOnTogether) {
  constexpr int kEvents = 1'000;
  concerned_.Update([&](auto& c) { c = {a_}; });
  Signal();
  clock_.Advance(kPace.linger);
  EXPECT_TRUE(AwaitSize(1));
  Settle();
  for (int i = 0; i < kEvents; ++i) {
    thread_.Signal();
    if (i % 100 != 0) continue;
    Settle();
    if (i < 900) clock_.Advance(milliseconds(1));
  }
  EXPECT_THAT(log_.Get(), ElementsAre("a news 1")) << "it is too early";
  clock_.Advance(milliseconds(1));
  EXPECT_TRUE(AwaitSize(2));
  Settle();
  clock_.Advance(kPace.gather);
  Settle();
  EXPECT_THAT(log_.Get(), ElementsAre("a news 1", "a news 2"));
}

TEST_F(WatcherThreadTest, NewsAfterAQuietTimeIsNotHeldBack) {
  concerned_.Update([&](auto& c) { c = {a_}; });
  for (int i = 1; i <= 3; ++i) {
    Signal();
    clock_.Advance(kPace.linger);
    EXPECT_TRUE(AwaitSize(i));
    Settle();
    clock_.Advance(kPace.gather);
  }
  EXPECT_THAT(log_.Get(), ElementsAre("a news 1", "a news 2", "a news 3"));
}

// Many watchers leave the machine to others for most of the time.
TEST_F(WatcherThreadTest, NewsIsGatheredForLongerIfTheTurnsTakeLong) {
  const auto slow = std::make_shared<FakeWatcher>([this](const auto& turn) {
    clock_.Advance(kPace.gather);
    Note(log_, "slow news " + std::to_string(turn.round));
  });
  concerned_.Update([&](auto& c) { c = {slow}; });
  Signal();
  clock_.Advance(kPace.linger);
  EXPECT_TRUE(AwaitSize(1));
  Signal();
  clock_.Advance(3 * kPace.gather);
  Settle();
  EXPECT_THAT(log_.Get(), ElementsAre("slow news 1")) << "it is too early";
  clock_.Advance(kPace.gather);
  EXPECT_TRUE(AwaitSize(2));
}

// As when the process was stopped in the middle of it.
TEST_F(WatcherThreadTest, ATurnOfAnHourDoesNotHoldNewsBackForHours) {
  const auto slow = std::make_shared<FakeWatcher>([this](const auto& turn) {
    clock_.Advance(std::chrono::hours(1));
    Note(log_, "slow news " + std::to_string(turn.round));
  });
  concerned_.Update([&](auto& c) { c = {slow}; });
  Signal();
  clock_.Advance(kPace.linger);
  EXPECT_TRUE(AwaitSize(1));
  Signal();
  clock_.Advance(kPace.linger);
  EXPECT_TRUE(AwaitSize(2));
}

TEST_F(WatcherThreadTest, WhoIsScheduledDoesNotWaitForNews) {
  concerned_.Update([&](auto& c) { c = {a_}; });
  thread_.Signal();
  thread_.Schedule(b_);
  thread_.Schedule(a_);
  EXPECT_TRUE(AwaitSize(2));
  EXPECT_THAT(log_.Get(), ElementsAre("b turn", "a turn"));
}

TEST_F(WatcherThreadTest, NewsThatIsDueComesBeforeWhoIsScheduled) {
  concerned_.Update([&](auto& c) { c = {a_}; });
  Signal();
  // The thread is busy until all is there and due.
  Awaited<bool> begun;
  Awaited<bool> go;
  const auto is_true = [](bool value) { return value; };
  const auto busy = std::make_shared<FakeWatcher>([&](const auto&) {
    begun.Update([](bool& b) { b = true; });
    EXPECT_TRUE(go.Await(is_true));
  });
  thread_.Schedule(busy);
  EXPECT_TRUE(begun.Await(is_true));
  thread_.Schedule(b_);
  clock_.Advance(kPace.linger);
  go.Update([](bool& g) { g = true; });
  EXPECT_TRUE(AwaitSize(2));
  EXPECT_THAT(log_.Get(), ElementsAre("a news 1", "b turn"));
}

TEST_F(WatcherThreadTest, AWatcherMayAskForAnotherTurn) {
  int turns = 0;  // the thread's
  Awaited<bool> done;
  std::shared_ptr<FakeWatcher> eager;
  eager = std::make_shared<FakeWatcher>([&](const auto&) {
    if (++turns < 3) return thread_.Schedule(eager);
    done.Update([](bool& d) { d = true; });
  });
  thread_.Schedule(eager);
  EXPECT_TRUE(done.Await([](bool d) { return d; }));
}

TEST_F(WatcherThreadTest, WhoIsGoneGetsNoTurn) {
  // Gone before it is scheduled: the thread is quick.
  const std::weak_ptr<FakeWatcher> gone = Noting("c");
  thread_.Schedule(gone);
  Settle();
  EXPECT_THAT(log_.Get(), IsEmpty());
}

TEST_F(WatcherThreadTest, ItsEndDoesNotWaitForWhatIsHeldBack) {
  concerned_.Update([&](auto& c) { c = {a_}; });
  {
    WatcherThread thread(clock_,
                         {.linger = {}, .gather = std::chrono::hours(1)},
                         [this](WatcherThread::Watchers& watchers) {
                           watchers = concerned_.Get();
                         });
    thread.Signal();
    EXPECT_TRUE(AwaitSize(1));
    thread.Signal();
  }
  EXPECT_EQ(log_.Get().size(), 1u);
}

}  // namespace
}  // namespace thespian::gateway
