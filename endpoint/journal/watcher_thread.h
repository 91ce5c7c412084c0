// The thread on which watchers compose what they write: one that neither sends
// to a child nor reads one.
//
// News is gathered: the first after a quiet time is passed on after `linger`,
// when whoever brought it is done with it; what follows is passed on together,
// `gather` after the news before. So a watcher costs turns per second, however
// many events there are. Should turns take more than a fifth of the time, as
// with very many watchers, news is gathered for up to ten times `gather`.
//
// Ownership: owns its thread, which begins with the first call and is joined
//   by the destructor. Watchers are held weakly.
// Threads:   safe from any thread, except the destructor. The thread calls
//   `take_news` and the watchers, one after the other, without a lock.
// Errors:    none.
// Memory:    a pointer for each watcher whose turn it is.
#ifndef ENDPOINT_JOURNAL_WATCHER_THREAD_H_
#define ENDPOINT_JOURNAL_WATCHER_THREAD_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "endpoint/clock.h"
#include "endpoint/mutex.h"

namespace thespian::gateway {

class WatcherThread {
 public:
  struct Pace {
    std::chrono::milliseconds linger{1};
    std::chrono::milliseconds gather{10};
  };

  // Why a watcher is called.
  struct Turn {
    bool news = false;  // it was among those that `take_news` gave
    // How often news was passed on: those that are called for the same news
    // have the same number.
    uint64_t round = 0;
  };
  class Watcher {
   public:
    virtual ~Watcher() = default;
    virtual void OnTurn(const Turn& turn) = 0;
  };
  using Watchers = std::vector<std::weak_ptr<Watcher>>;

  // `take_news` adds the watchers that there is news for.
  using TakeNews = absl::AnyInvocable<void(Watchers&)>;
  WatcherThread(const Clock& clock, Pace pace, TakeNews take_news);
  ~WatcherThread();
  WatcherThread(const WatcherThread&) = delete;
  WatcherThread& operator=(const WatcherThread&) = delete;

  // There is news. Cheap while the thread knows of some already.
  void Signal();

  // Gives a watcher a turn as soon as the thread is free.
  void Schedule(std::weak_ptr<Watcher> watcher);

 private:
  using TimePoint = std::chrono::steady_clock::time_point;

  void Run();
  void PassNewsOn();
  // Waits until it is someone's turn. False: the thread ends.
  bool Await(Watchers& scheduled, bool& news_due);
  // How long news is still held back, which begins now if it is unnoted; null:
  // there is none.
  std::optional<std::chrono::nanoseconds> UntilNews();
  void WakeLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static void Call(Watchers& watchers, const Turn& turn);

  const Clock& clock_;
  const Pace pace_;
  std::atomic<bool> news_ = false;

  // The thread's alone.
  TakeNews take_news_;
  Watchers concerned_;
  std::optional<TimePoint> due_;  // of the news, once it is noted
  TimePoint next_;                // not before then is news due
  uint64_t rounds_ = 0;

  Mutex mutex_;
  CondVar changed_;
  Watchers scheduled_ ABSL_GUARDED_BY(mutex_);
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_JOURNAL_WATCHER_THREAD_H_
