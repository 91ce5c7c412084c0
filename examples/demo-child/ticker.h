// Sends ["tick", n] to its subscribers, n = 1, 2, 3 ... for each of them:
//   ["subscribe"]               every second
//   ["subscribe", interval]     every 1 to 3,600,000 milliseconds
//   ["unsubscribe"]             no more
// A second subscription takes the place of the first. Ticks that come too late
// to be sent in time are skipped, not made up for.
//
// Ownership: owns the subscriptions.
// Threads:   thread-compatible.
// Errors:    answers what it can't do with ["error", text].
// Memory:    at most kMaxSubscribers subscriptions.
#ifndef EXAMPLES_DEMO_CHILD_TICKER_H_
#define EXAMPLES_DEMO_CHILD_TICKER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "examples/demo-child/actor.h"
#include "examples/demo-child/payload.h"

namespace thespian::gateway::demo {

inline constexpr size_t kMaxSubscribers = 100'000;

class Ticker final : public Actor {
 public:
  explicit Ticker(ActorId self) : self_(self) {}

  End Receive(const Letter& letter, Stage& stage) override;

  // Drops the subscription of `peer`, if it has one.
  void Forget(PeerId peer);

  // When Tick should be called next. Nothing: there is no subscriber.
  std::optional<TimePoint> next_due() const;

  // Sends every tick that is due.
  void Tick(TimePoint now, Outbox& outbox);

 private:
  struct Subscription {
    std::chrono::milliseconds interval;
    TimePoint due;
    uint64_t ticks = 0;
  };

  void Subscribe(const Letter& letter, Stage& stage, const Command& command);

  const ActorId self_;
  absl::flat_hash_map<PeerId, Subscription> subscriptions_;
  // The same by time: each subscriber at its `due`.
  absl::btree_set<std::pair<TimePoint, PeerId>> agenda_;
};

}  // namespace thespian::gateway::demo

#endif  // EXAMPLES_DEMO_CHILD_TICKER_H_
