// Numbers every event of the gateway and holds the last of them, so that any
// number of watchers can read at their own pace and none costs memory.
//
// Two rings share one count of sequences: lives (proxies, links, endpoints)
// and messages. A reader that falls behind the ring of messages is told a Gap;
// one that falls behind the ring of lives has lost what it came for and gets
// an error.
//
// Ownership: owns the events and the names of their endpoints; readers get
//   copies of events. Listeners are held weakly.
// Threads:   safe from any thread. Listeners are called by the appending
//   thread, without the lock.
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
#include <vector>

#include "absl/status/status.h"
#include "endpoint/clock.h"
#include "endpoint/journal/event_ring.h"
#include "endpoint/journal/proxy_event.h"
#include "endpoint/mutex.h"

namespace thespian::gateway {

class EventJournal {
 public:
  struct Capacity {
    size_t lives = 65'536;
    size_t messages = 65'536;
    // Of the first event. One that is never reached again by a later journal
    // tells a reader who resumes that it is another's.
    uint64_t first_sequence = 1;
  };

  // Woken once per Park, after something it may want was appended.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void OnEvents() = 0;
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
  void Append(std::vector<ProxyEvent>& events);
  void Append(ProxyEvent event);

  // The sequence of the newest event; first_sequence - 1 before the first.
  uint64_t last_sequence() const;

  bool payloads_wanted() const { return payload_wishes_ > 0; }

  // Appends to `out` up to `most` events of `kinds` that come after sequence
  // `after`, by rising sequence, and moves `after` to the last one looked at.
  // Where message events are no longer held, a Gap stands in for each run of
  // them.
  absl::Status Read(EventKinds kinds, size_t most, uint64_t& after,
                    std::vector<ProxyEvent>& out) const;

  // True: `listener` will be woken when there are events of `kinds` after
  // `after`. False: there are some already; read again.
  bool Park(EventKinds kinds, uint64_t after,
            const std::weak_ptr<Listener>& listener);

 private:
  using Listeners = std::vector<std::weak_ptr<Listener>>;

  void AddLocked(ProxyEvent&& event, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MergeLocked(EventKinds kinds, size_t most, uint64_t& after,
                   std::vector<ProxyEvent>& out) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The events that a reader of `kinds` has to look at end here.
  uint64_t EndLocked(EventKinds kinds) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static void Wake(Listeners& listeners);

  const Clock& clock_;
  std::atomic<int> payload_wishes_ = 0;

  mutable Mutex mutex_;
  std::set<std::string, std::less<>> names_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_sequence_ ABSL_GUARDED_BY(mutex_) = 0;
  EventRing lives_ ABSL_GUARDED_BY(mutex_);
  EventRing messages_ ABSL_GUARDED_BY(mutex_);
  // Parked: those who want messages too, and those who want lives alone.
  Listeners all_listeners_ ABSL_GUARDED_BY(mutex_);
  Listeners life_listeners_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_JOURNAL_EVENT_JOURNAL_H_
