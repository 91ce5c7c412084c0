#include "endpoint/journal/event_journal.h"

#include <algorithm>
#include <utility>

#include "endpoint/check.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

// How many events a reader may pass over under one hold of the lock.
constexpr size_t kLookedAtPerRead = 1'024;

ProxyEvent MakeGap(uint64_t first, const ProxyEvent& model, uint64_t last) {
  return {.sequence = last,
          .time = model.time,
          .endpoint = nullptr,
          .incarnation = {},
          .body = Gap{.first = first, .last = last}};
}

// Moves those that wait for something up to `end` from `parked` to `watchers`.
template <typename ParkedList>
void MoveWhoWaits(ParkedList& parked, uint64_t end,
                  WatcherThread::Watchers& watchers) {
  std::erase_if(parked, [&](auto& waiting) {
    if (waiting.after >= end) return false;
    watchers.push_back(std::move(waiting.watcher));
    return true;
  });
}

}  // namespace

EventJournal::EventJournal(const Clock& clock, Capacity capacity)
    : clock_(clock),
      epoch_(capacity.epoch),
      last_sequence_(capacity.first_sequence - 1),
      lives_(capacity.lives, last_sequence_),
      messages_(capacity.messages, last_sequence_),
      thread_(clock, capacity.pace, [this](WatcherThread::Watchers& watchers) {
        TakeNews(watchers);
      }) {
  Check(epoch_ != 0, "a journal has an epoch");
}

EndpointName EventJournal::NameOf(std::string_view name) {
  MutexLock lock(mutex_);
  return &*names_.emplace(name).first;
}

EventJournal::Wakeup EventJournal::Append(std::vector<ProxyEvent>& events) {
  if (events.empty()) return Wakeup(nullptr);
  const absl::Time now = clock_.Now();
  bool awaited = false;
  {
    MutexLock lock(mutex_);
    const uint64_t last_life = lives_.last();
    for (ProxyEvent& event : events) AddLocked(std::move(event), now);
    awaited = !parked_for_all_.empty() ||
              (!parked_for_lives_.empty() && lives_.last() > last_life);
  }
  events.clear();
  return Wakeup(awaited ? &thread_ : nullptr);
}

EventJournal::Wakeup EventJournal::Append(ProxyEvent event) {
  std::vector<ProxyEvent> events;
  events.push_back(std::move(event));
  return Append(events);
}

void EventJournal::AddLocked(ProxyEvent&& event, absl::Time now) {
  event.sequence = ++last_sequence_;
  event.time = now;
  const bool message = (KindOf(event) & kMessageKinds) != 0;
  (message ? messages_ : lives_).Add(std::move(event));
}

uint64_t EventJournal::last_sequence() const {
  MutexLock lock(mutex_);
  return last_sequence_;
}

absl::StatusOr<bool> EventJournal::Read(EventKinds kinds, size_t most,
                                        uint64_t& after,
                                        std::vector<ProxyEvent>& out) const {
  MutexLock lock(mutex_);
  if (after < lives_.last_dropped()) {
    return absl::OutOfRangeError(fmt::format(
        "events after {} were asked for, but the oldest one held is {}", after,
        lives_.last_dropped() + 1));
  }
  return MergeLocked(kinds, most, after, out);
}

bool EventJournal::MergeLocked(EventKinds kinds, size_t most, uint64_t& after,
                               std::vector<ProxyEvent>& out) const {
  const bool with_messages = (kinds & kMessageKinds) != 0;
  size_t life = lives_.After(after);
  size_t message = with_messages ? messages_.After(after) : messages_.size();
  const uint64_t dropped = with_messages ? messages_.last_dropped() : 0;
  for (size_t looked = 0; looked < kLookedAtPerRead && out.size() < most;
       ++looked) {
    const bool has_life = life < lives_.size();
    // What was dropped and is no life, which are all held, was a message.
    const uint64_t gap_last =
        has_life ? std::min(dropped, lives_[life].sequence - 1) : dropped;
    if (after < gap_last) {
      out.push_back(MakeGap(after + 1, messages_[0], gap_last));
      after = gap_last;
      continue;
    }
    const bool has_message = message < messages_.size();
    if (!has_life && !has_message) return false;
    const bool take_life =
        has_life &&
        (!has_message || lives_[life].sequence < messages_[message].sequence);
    const ProxyEvent& event = take_life ? lives_[life++] : messages_[message++];
    after = event.sequence;
    if ((KindOf(event) & kinds) != 0) out.push_back(event);
  }
  return life < lives_.size() || message < messages_.size();
}

uint64_t EventJournal::EndLocked(EventKinds kinds) const {
  return (kinds & kMessageKinds) != 0
             ? std::max(lives_.last(), messages_.last())
             : lives_.last();
}

bool EventJournal::Holds(uint64_t after) const {
  MutexLock lock(mutex_);
  return after >= lives_.last_dropped() && after <= last_sequence_;
}

bool EventJournal::IsRecent(uint64_t after) const {
  MutexLock lock(mutex_);
  return after >= lives_.last_dropped() &&
         lives_.size() - lives_.After(after) <= lives_.capacity() / 2;
}

void EventJournal::Park(EventKinds kinds, uint64_t after,
                        std::weak_ptr<Watcher> watcher) {
  bool news = false;
  {
    MutexLock lock(mutex_);
    const bool with_messages = (kinds & kMessageKinds) != 0;
    ParkedList& parked = with_messages ? parked_for_all_ : parked_for_lives_;
    // While nothing happens nobody is woken; those who left make room.
    if (parked.size() == parked.capacity()) {
      std::erase_if(parked,
                    [](const Parked& p) { return p.watcher.expired(); });
    }
    parked.push_back({.watcher = std::move(watcher), .after = after});
    news = EndLocked(kinds) > after;
  }
  // Whoever appended it found nobody to wake.
  if (news) thread_.Signal();
}

void EventJournal::TakeNews(WatcherThread::Watchers& watchers) {
  MutexLock lock(mutex_);
  MoveWhoWaits(parked_for_all_, EndLocked(kAllKinds), watchers);
  MoveWhoWaits(parked_for_lives_, lives_.last(), watchers);
}

}  // namespace thespian::gateway
