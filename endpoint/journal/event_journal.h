// Numbers every event of the gateway and holds the last of them, so that any
// number of watchers can read at their own pace and none costs memory.
//
// Append now, wake later: an event is held before its frame is written, and
// the watchers are woken once it has been written, on a thread of their own.
//
// Two rings share one count of sequences: lives (proxies, links, endpoints)
// and messages. A reader that falls behind the ring of messages is told a Gap;
// one that falls behind the ring of lives has lost what it came for and gets
// an error.
//
// Ownership: owns the events and the names of their endpoints; readers get
//   copies of events. Owns the watchers' thread; watchers are held weakly.
// Threads:   safe from any thread. Watchers are called by their thread.
// Errors:    OUT_OF_RANGE for a reader that is too far behind.
// Memory:    the capacities times the size of an event and its texts, which
//   their makers bound; and every name that NameOf was asked for.
#ifndef ENDPOINT_JOURNAL_EVENT_JOURNAL_H_
#define ENDPOINT_JOURNAL_EVENT_JOURNAL_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "endpoint/clock.h"
#include "endpoint/journal/event_ring.h"
#include "endpoint/journal/proxy_event.h"
#include "endpoint/journal/watcher_thread.h"
#include "endpoint/mutex.h"

namespace thespian::gateway {

class EventJournal {
 public:
  struct Capacity {
    size_t lives = 65'536;
    size_t messages = 65'536;
    // Tells this journal from every other one; not 0.
    uint64_t epoch = 1;
    // Of the first event. One that no earlier journal has reached keeps a
    // reader who resumes without an epoch from the wrong place.
    uint64_t first_sequence = 1;
    // How long events are gathered before watchers are woken for them.
    WatcherThread::Pace pace;
  };

  using Watcher = WatcherThread::Watcher;

  // Wakes the watchers that want what was appended, at the end of its scope:
  // the write of the frame and the receivers' wake belong in between.
  class [[nodiscard]] Wakeup {
   public:
    explicit Wakeup(WatcherThread* thread = nullptr) : thread_(thread) {}
    ~Wakeup() { Signal(); }
    Wakeup(Wakeup&& other) noexcept
        : thread_(std::exchange(other.thread_, nullptr)) {}
    Wakeup& operator=(Wakeup&& other) noexcept {
      Signal();
      thread_ = std::exchange(other.thread_, nullptr);
      return *this;
    }

   private:
    void Signal() {
      if (thread_ != nullptr) thread_->Signal();
    }

    WatcherThread* thread_;  // null: nobody waits for it
  };

  // While one exists, makers of message events put the payload in.
  class PayloadWish {
   public:
    explicit PayloadWish(EventJournal& journal) : journal_(journal) {
      ++journal_.payload_wishes_;
    }
    ~PayloadWish() { --journal_.payload_wishes_; }
    PayloadWish(const PayloadWish&) = delete;
    PayloadWish& operator=(const PayloadWish&) = delete;

   private:
    EventJournal& journal_;
  };

  EventJournal(const Clock& clock, Capacity capacity);

  // The one that stands for `name` as long as the journal lives.
  EndpointName NameOf(std::string_view name);

  // Numbers and stamps `events`, in order, and leaves the vector empty.
  Wakeup Append(std::vector<ProxyEvent>& events);
  Wakeup Append(ProxyEvent event);

  // Which journal the sequences are of.
  uint64_t epoch() const { return epoch_; }

  // The sequence of the newest event; first_sequence - 1 before the first.
  uint64_t last_sequence() const;

  bool payloads_wanted() const { return payload_wishes_ > 0; }

  // Appends to `out` up to `most` events of `kinds` that come after sequence
  // `after`, by rising sequence, and moves `after` to the last one looked at.
  // Where message events are no longer held, a Gap stands in for each run of
  // them. True: there is more to look at already.
  absl::StatusOr<bool> Read(EventKinds kinds, size_t most, uint64_t& after,
                            std::vector<ProxyEvent>& out) const;

  // Whether Read can go on after this sequence.
  bool Holds(uint64_t after) const;

  // Whether it will be able to for a while: at most half of the lives that can
  // be held came after it.
  bool IsRecent(uint64_t after) const;

  // `watcher` gets one turn with news, when events of `kinds` that come after
  // `after` have been gathered.
  void Park(EventKinds kinds, uint64_t after, std::weak_ptr<Watcher> watcher);

  // `watcher` gets a turn without news, as soon as the thread is free.
  void Schedule(std::weak_ptr<Watcher> watcher) {
    thread_.Schedule(std::move(watcher));
  }

 private:
  struct Parked {
    std::weak_ptr<Watcher> watcher;
    uint64_t after = 0;
  };
  using ParkedList = std::vector<Parked>;

  void AddLocked(ProxyEvent&& event, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool MergeLocked(EventKinds kinds, size_t most, uint64_t& after,
                   std::vector<ProxyEvent>& out) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The events that a reader of `kinds` has to look at end here.
  uint64_t EndLocked(EventKinds kinds) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What `thread_` asks for.
  void TakeNews(WatcherThread::Watchers& watchers);

  const Clock& clock_;
  const uint64_t epoch_;
  std::atomic<int> payload_wishes_ = 0;

  mutable Mutex mutex_;
  std::set<std::string, std::less<>> names_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_sequence_ ABSL_GUARDED_BY(mutex_) = 0;
  EventRing lives_ ABSL_GUARDED_BY(mutex_);
  EventRing messages_ ABSL_GUARDED_BY(mutex_);
  // Those who want messages too, and those who want lives alone.
  ParkedList parked_for_all_ ABSL_GUARDED_BY(mutex_);
  ParkedList parked_for_lives_ ABSL_GUARDED_BY(mutex_);

  WatcherThread thread_;  // last: it uses all of the above
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_JOURNAL_EVENT_JOURNAL_H_
