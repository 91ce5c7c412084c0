#include "endpoint/actors/held_exits.h"

#include <algorithm>
#include <utility>

#include "endpoint/check.h"

namespace thespian::gateway {
namespace {

// Places of what has been taken out are dropped once there are more of them,
// and more than others.
constexpr size_t kMostTakenPlaces = 1'024;

}  // namespace

HeldExits::HeldExits(const Clock& clock, std::chrono::nanoseconds linger,
                     size_t most)
    : clock_(clock), linger_(linger), most_(most) {}

HeldExits::Held HeldExits::Hold(LocalId local, std::string reason,
                                Replies replies) {
  const TimePoint due = clock_.Steady() + linger_;
  Held held;
  MutexLock lock(mutex_);
  held.first = waiting_.empty();
  const bool is_new =
      waiting_.try_emplace(local, Waiting{std::move(reason), replies}).second;
  Check(is_new, "an actor ends once");
  order_.emplace_back(due, local);
  while (waiting_.size() > most_) held.over.push_back(TakeOldestLocked());
  return held;
}

HeldExits::Exit HeldExits::TakeOldestLocked() {
  while (true) {
    const LocalId oldest = order_.front().second;
    order_.pop_front();
    std::optional<Exit> exit = TakeLocked(oldest);
    if (exit.has_value()) return *std::move(exit);
  }
}

std::optional<HeldExits::Exit> HeldExits::TakeLocked(LocalId local) {
  const auto it = waiting_.find(local);
  if (it == waiting_.end()) return std::nullopt;
  Exit exit = {.local = local, .reason = std::move(it->second.reason)};
  waiting_.erase(it);
  return exit;
}

std::optional<HeldExits::Exit> HeldExits::TakeAnswered(LocalId local) {
  MutexLock lock(mutex_);
  const auto it = waiting_.find(local);
  if (it == waiting_.end() || it->second.replies != Replies::kOne) {
    return std::nullopt;
  }
  std::optional<Exit> exit = TakeLocked(local);
  DropTakenLocked();
  return exit;
}

std::optional<HeldExits::Exit> HeldExits::Take(LocalId local) {
  MutexLock lock(mutex_);
  std::optional<Exit> exit = TakeLocked(local);
  DropTakenLocked();
  return exit;
}

void HeldExits::DropTakenLocked() {
  if (order_.size() <=
      waiting_.size() + std::max(waiting_.size(), kMostTakenPlaces)) {
    return;
  }
  std::erase_if(order_,
                [this](const auto& place) ABSL_NO_THREAD_SAFETY_ANALYSIS {
                  return !waiting_.contains(place.second);
                });
}

std::vector<HeldExits::Exit> HeldExits::TakeAll() {
  std::vector<Exit> exits;
  MutexLock lock(mutex_);
  while (!waiting_.empty()) exits.push_back(TakeOldestLocked());
  return exits;
}

std::vector<HeldExits::Exit> HeldExits::TakeDue() {
  const TimePoint now = clock_.Steady();
  std::vector<Exit> due;
  MutexLock lock(mutex_);
  while (!order_.empty() && order_.front().first <= now) {
    std::optional<Exit> exit = TakeLocked(order_.front().second);
    if (exit.has_value()) due.push_back(*std::move(exit));
    order_.pop_front();
  }
  return due;
}

size_t HeldExits::size() const {
  MutexLock lock(mutex_);
  return waiting_.size();
}

}  // namespace thespian::gateway
