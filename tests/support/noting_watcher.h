// A watcher of a journal that counts its turns.
//
// Ownership: the journal holds it weakly.
// Threads:   called by the journal's thread; read by any.
// Errors:    AwaitNews is false at a deadline that only a broken program
//   reaches.
#ifndef TESTS_SUPPORT_NOTING_WATCHER_H_
#define TESTS_SUPPORT_NOTING_WATCHER_H_

#include <functional>
#include <memory>
#include <utility>

#include "endpoint/journal/event_journal.h"
#include "gtest/gtest.h"
#include "tests/support/awaited.h"

namespace thespian::gateway {

class NotingWatcher final : public EventJournal::Watcher {
 public:
  explicit NotingWatcher(std::function<void()> on_turn = [] {})
      : on_turn_(std::move(on_turn)) {}

  void OnTurn(const WatcherThread::Turn& turn) override {
    on_turn_();
    (turn.news ? news_ : turns_).Update([](int& n) { ++n; });
  }

  int news() const { return news_.Get(); }
  int turns() const { return turns_.Get(); }
  [[nodiscard]] bool AwaitNews(int n) const {
    return news_.Await([n](int seen) { return seen >= n; });
  }
  [[nodiscard]] bool AwaitTurns(int n) const {
    return turns_.Await([n](int seen) { return seen >= n; });
  }

 private:
  const std::function<void()> on_turn_;
  Awaited<int> news_;
  Awaited<int> turns_;
};

// Returns when whoever was to be woken so far has been; the journal must not
// gather.
inline void SettleWatchers(EventJournal& journal) {
  const auto last = std::make_shared<NotingWatcher>();
  journal.Schedule(last);
  EXPECT_TRUE(last->AwaitTurns(1));
}

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_NOTING_WATCHER_H_
