#include "endpoint/journal/event_journal.h"

#include <algorithm>
#include <utility>

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

}  // namespace

EventJournal::EventJournal(const Clock& clock, Capacity capacity)
    : clock_(clock),
      last_sequence_(capacity.first_sequence - 1),
      lives_(capacity.lives, last_sequence_),
      messages_(capacity.messages, last_sequence_) {}

EndpointName EventJournal::NameOf(std::string_view name) {
  MutexLock lock(mutex_);
  return &*names_.emplace(name).first;
}

void EventJournal::Append(std::vector<ProxyEvent>& events) {
  if (events.empty()) return;
  const absl::Time now = clock_.Now();
  bool lives = false;
  Listeners woken;
  {
    MutexLock lock(mutex_);
    for (ProxyEvent& event : events) {
      lives |= (KindOf(event) & kMessageKinds) == 0;
      AddLocked(std::move(event), now);
    }
    woken.swap(all_listeners_);
    if (lives) {
      std::move(life_listeners_.begin(), life_listeners_.end(),
                std::back_inserter(woken));
      life_listeners_.clear();
    }
  }
  events.clear();
  Wake(woken);
}

void EventJournal::Append(ProxyEvent event) {
  std::vector<ProxyEvent> events;
  events.push_back(std::move(event));
  Append(events);
}

void EventJournal::AddLocked(ProxyEvent&& event, absl::Time now) {
  event.sequence = ++last_sequence_;
  event.time = now;
  const bool message = (KindOf(event) & kMessageKinds) != 0;
  (message ? messages_ : lives_).Add(std::move(event));
}

void EventJournal::Wake(Listeners& listeners) {
  for (const std::weak_ptr<Listener>& weak : listeners) {
    if (const std::shared_ptr<Listener> listener = weak.lock()) {
      listener->OnEvents();
    }
  }
}

uint64_t EventJournal::last_sequence() const {
  MutexLock lock(mutex_);
  return last_sequence_;
}

absl::Status EventJournal::Read(EventKinds kinds, size_t most, uint64_t& after,
                                std::vector<ProxyEvent>& out) const {
  MutexLock lock(mutex_);
  if (after < lives_.last_dropped()) {
    return absl::OutOfRangeError(fmt::format(
        "events after {} were asked for, but the oldest one held is {}", after,
        lives_.last_dropped() + 1));
  }
  MergeLocked(kinds, most, after, out);
  return absl::OkStatus();
}

void EventJournal::MergeLocked(EventKinds kinds, size_t most, uint64_t& after,
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
    if (!has_life && !has_message) return;
    const bool take_life =
        has_life &&
        (!has_message || lives_[life].sequence < messages_[message].sequence);
    const ProxyEvent& event = take_life ? lives_[life++] : messages_[message++];
    after = event.sequence;
    if ((KindOf(event) & kinds) != 0) out.push_back(event);
  }
}

uint64_t EventJournal::EndLocked(EventKinds kinds) const {
  return (kinds & kMessageKinds) != 0
             ? std::max(lives_.last(), messages_.last())
             : lives_.last();
}

bool EventJournal::Park(EventKinds kinds, uint64_t after,
                        const std::weak_ptr<Listener>& listener) {
  MutexLock lock(mutex_);
  if (EndLocked(kinds) > after) return false;
  const bool with_messages = (kinds & kMessageKinds) != 0;
  Listeners& parked = with_messages ? all_listeners_ : life_listeners_;
  // While nothing happens nobody is woken; those who left make room.
  if (parked.size() == parked.capacity()) {
    std::erase_if(parked, [](const auto& weak) { return weak.expired(); });
  }
  parked.push_back(listener);
  return true;
}

}  // namespace thespian::gateway
