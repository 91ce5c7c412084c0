#include "examples/demo-child/ticker.h"

#include "examples/demo-child/actors.h"

namespace thespian::gateway::demo {
namespace {

using std::chrono::milliseconds;

constexpr uint64_t kDefaultMillis = 1'000;
constexpr uint64_t kMaxMillis = 3'600'000;

std::optional<milliseconds> ReadInterval(const Command& command) {
  if (!command.argument) return milliseconds(kDefaultMillis);
  const std::optional<uint64_t> millis = command.Number();
  if (!millis || *millis < 1 || *millis > kMaxMillis) return std::nullopt;
  return milliseconds(*millis);
}

}  // namespace

Actor::End Ticker::Receive(const Letter& letter, Stage& stage) {
  const std::optional<Command> command = ReadCommand(letter.payload);
  if (command && command->word == "subscribe") {
    Subscribe(letter, stage, *command);
  } else if (command && command->word == "unsubscribe") {
    Forget(letter.from);
  } else {
    Refuse(letter, stage, "ticker understands subscribe and unsubscribe");
  }
  return std::nullopt;
}

void Ticker::Subscribe(const Letter& letter, Stage& stage,
                       const Command& command) {
  if (letter.from.value == 0) return;
  const std::optional<milliseconds> interval = ReadInterval(command);
  if (!interval) {
    return Refuse(letter, stage,
                  "the interval must be a number from 1 to 3600000");
  }
  Forget(letter.from);
  if (subscriptions_.size() == kMaxSubscribers) {
    return Refuse(letter, stage, "there are too many subscribers");
  }
  const Subscription subscription{*interval, letter.now + *interval};
  subscriptions_.emplace(letter.from, subscription);
  agenda_.emplace(subscription.due, letter.from);
}

void Ticker::Forget(PeerId peer) {
  const auto found = subscriptions_.find(peer);
  if (found == subscriptions_.end()) return;
  agenda_.erase({found->second.due, peer});
  subscriptions_.erase(found);
}

std::optional<TimePoint> Ticker::next_due() const {
  if (agenda_.empty()) return std::nullopt;
  return agenda_.begin()->first;
}

void Ticker::Tick(TimePoint now, Outbox& outbox) {
  while (!agenda_.empty() && agenda_.begin()->first <= now) {
    const PeerId peer = agenda_.begin()->second;
    agenda_.erase(agenda_.begin());
    Subscription& subscription = subscriptions_.find(peer)->second;
    outbox.Send(self_, peer, EncodeList("tick", ++subscription.ticks));
    subscription.due += subscription.interval;
    if (subscription.due <= now) subscription.due = now + subscription.interval;
    agenda_.emplace(subscription.due, peer);
  }
}

}  // namespace thespian::gateway::demo
