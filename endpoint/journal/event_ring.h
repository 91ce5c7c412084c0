// The last events of some kind, by rising sequence: a new one takes the place,
// and the memory, of the oldest.
//
// Ownership: owns the events.
// Threads:   thread-compatible; the journal guards it.
// Memory:    what `capacity` events take, from the time it is full on.
#ifndef ENDPOINT_JOURNAL_EVENT_RING_H_
#define ENDPOINT_JOURNAL_EVENT_RING_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "endpoint/journal/proxy_event.h"

namespace thespian::gateway {

class EventRing {
 public:
  // `last_dropped` is the sequence before the first. A capacity is at least 1.
  EventRing(size_t capacity, uint64_t last_dropped)
      : capacity_(capacity), last_dropped_(last_dropped) {}

  void Add(ProxyEvent&& event) {
    if (events_.size() < capacity_) {
      events_.push_back(std::move(event));
      return;
    }
    last_dropped_ = events_[oldest_].sequence;
    events_[oldest_] = std::move(event);
    oldest_ = oldest_ + 1 == capacity_ ? 0 : oldest_ + 1;
  }

  size_t size() const { return events_.size(); }
  bool empty() const { return events_.empty(); }
  size_t capacity() const { return capacity_; }

  // The oldest is 0.
  const ProxyEvent& operator[](size_t i) const {
    const size_t place = oldest_ + i;
    return events_[place < events_.size() ? place : place - events_.size()];
  }

  // The sequence of the newest, or of the last before there were any.
  uint64_t last() const {
    return empty() ? last_dropped_ : (*this)[size() - 1].sequence;
  }
  uint64_t last_dropped() const { return last_dropped_; }

  // The first that comes after `sequence`; size() if there is none.
  size_t After(uint64_t sequence) const {
    size_t first = 0;
    size_t last = size();
    while (first < last) {
      const size_t middle = first + (last - first) / 2;
      if ((*this)[middle].sequence <= sequence) {
        first = middle + 1;
      } else {
        last = middle;
      }
    }
    return first;
  }

 private:
  const size_t capacity_;
  uint64_t last_dropped_;
  std::vector<ProxyEvent> events_;
  size_t oldest_ = 0;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_JOURNAL_EVENT_RING_H_
