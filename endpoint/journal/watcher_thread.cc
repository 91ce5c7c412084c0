#include "endpoint/journal/watcher_thread.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "endpoint/lock_check.h"

namespace thespian::gateway {
namespace {

// Of the time, the turns for news take at most one part in so many.
constexpr int kTurnsShare = 5;
// But however long they take (the process may have been stopped), news is
// gathered for at most so many times `gather`.
constexpr int kMostGathers = 10;

}  // namespace

WatcherThread::WatcherThread(const Clock& clock, Pace pace, TakeNews take_news)
    : clock_(clock), pace_(pace), take_news_(std::move(take_news)) {}

WatcherThread::~WatcherThread() {
  std::thread thread;
  {
    MutexLock lock(mutex_);
    ending_ = true;
    changed_.NotifyOne();
    thread = std::move(thread_);
  }
  if (thread.joinable()) thread.join();
}

void WatcherThread::Signal() {
  if (news_ || news_.exchange(true)) return;
  MutexLock lock(mutex_);
  WakeLocked();
}

void WatcherThread::Schedule(std::weak_ptr<Watcher> watcher) {
  MutexLock lock(mutex_);
  scheduled_.push_back(std::move(watcher));
  if (scheduled_.size() == 1) WakeLocked();
}

void WatcherThread::WakeLocked() {
  if (ending_) return;
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  changed_.NotifyOne();
}

void WatcherThread::Run() {
  pthread_setname_np(pthread_self(), "watchers");
  Watchers scheduled;
  bool news_due = false;
  while (Await(scheduled, news_due)) {
    if (news_due) PassNewsOn();
    Call(scheduled, {.round = rounds_});
  }
}

void WatcherThread::PassNewsOn() {
  const TimePoint begin = clock_.Steady();
  due_.reset();
  // What is appended from now on signals again.
  news_ = false;
  take_news_(concerned_);
  Call(concerned_, {.news = true, .round = ++rounds_});
  next_ = begin + std::clamp<std::chrono::nanoseconds>(
                      kTurnsShare * (clock_.Steady() - begin), pace_.gather,
                      kMostGathers * pace_.gather);
}

void WatcherThread::Call(Watchers& watchers, const Turn& turn) {
  AssertNoLockHeld();
  for (const std::weak_ptr<Watcher>& weak : watchers) {
    if (const auto watcher = weak.lock()) watcher->OnTurn(turn);
  }
  watchers.clear();
}

bool WatcherThread::Await(Watchers& scheduled, bool& news_due) {
  for (;;) {
    // Before the lock is taken: it asks the clock.
    const std::optional<std::chrono::nanoseconds> wait = UntilNews();
    news_due = wait.has_value() && wait->count() <= 0;
    MutexLock lock(mutex_);
    if (ending_) return false;
    if (!scheduled_.empty() || news_due) {
      scheduled.swap(scheduled_);
      return true;
    }
    if (wait.has_value()) {
      changed_.WaitFor(mutex_, *wait);
    } else if (!news_) {
      changed_.Wait(mutex_);
    }
  }
}

std::optional<std::chrono::nanoseconds> WatcherThread::UntilNews() {
  if (!news_) return std::nullopt;
  const TimePoint now = clock_.Steady();
  if (!due_.has_value()) due_ = std::max(now + pace_.linger, next_);
  return *due_ - now;
}

}  // namespace thespian::gateway
