#include "endpoint/directory/pool.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "endpoint/error.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

// How many members of a large pool are looked at for one message.
constexpr size_t kMostCompared = 8;

}  // namespace

Pool::Pool(PoolOptions options, const Pool* before)
    : options_(std::move(options)),
      has_members_(options_.replicas > 0 || !options_.accept.empty()) {
  if (before == nullptr) return;
  absl::flat_hash_map<LocalId, EndpointName> of_senders;
  {
    MutexLock lock(before->mutex_);
    of_senders = before->of_senders_;
  }
  MutexLock lock(mutex_);
  of_senders_.swap(of_senders);
}

size_t Pool::first_size() const {
  if (!options_.accept.empty()) return 0;
  return std::max<size_t>(options_.replicas, 1);
}

std::string Pool::MemberName(size_t number) const {
  return has_members_ ? fmt::format("{}/{}", name(), number) : name();
}

absl::StatusOr<EndpointHandle> Pool::Choose(
    std::span<const EndpointHandle> members,
    const EndpointChoice& choice) const {
  if (members.size() == 1) return members.front();
  if (choice.one) {
    return MakeFieldError(
        ErrorReason::kFieldInvalid, "endpoint",
        fmt::format("endpoint '{}' is a pool of {}: name the member, such as "
                    "'{}', that a delivery or an event has named",
                    name(), members.size(), members.front()->name()));
  }
  switch (options_.balance) {
    case Balance::kLeastQueued:
      return LeastQueued(members);
    case Balance::kRoundRobin:
      return InTurn(members);
    case Balance::kBySender:
      if (choice.sender.value != 0) return OfSender(members, choice.sender);
      return LeastQueued(members);
  }
  return InTurn(members);
}

const EndpointHandle& Pool::InTurn(
    std::span<const EndpointHandle> members) const {
  const size_t first = turn_.fetch_add(1, std::memory_order_relaxed);
  for (size_t i = 0; i < members.size(); ++i) {
    const EndpointHandle& member = members[(first + i) % members.size()];
    if (member->takes_messages()) return member;
  }
  return members[first % members.size()];  // it will say why not
}

const EndpointHandle& Pool::LeastQueued(
    std::span<const EndpointHandle> members) const {
  const size_t first = turn_.fetch_add(1, std::memory_order_relaxed);
  const EndpointHandle* best = nullptr;
  size_t least = std::numeric_limits<size_t>::max();
  size_t compared = 0;
  for (size_t i = 0; i < members.size() && compared < kMostCompared; ++i) {
    const EndpointHandle& member = members[(first + i) % members.size()];
    if (!member->takes_messages()) continue;
    ++compared;
    const size_t queued = member->queued_bytes();
    if (queued >= least) continue;
    best = &member;
    least = queued;
    if (least == 0) break;
  }
  return best != nullptr ? *best : members[first % members.size()];
}

const EndpointHandle& Pool::OfSender(std::span<const EndpointHandle> members,
                                     LocalId sender) const {
  EndpointName name = nullptr;
  {
    MutexLock lock(mutex_);
    const auto found = of_senders_.find(sender);
    if (found != of_senders_.end()) name = found->second;
  }
  const auto known = std::find_if(
      members.begin(), members.end(),
      [name](const EndpointHandle& m) { return m->facts().name == name; });
  if (known != members.end() && (*known)->takes_messages()) return *known;
  const EndpointHandle& chosen = LeastQueued(members);
  MutexLock lock(mutex_);
  of_senders_[sender] = chosen->facts().name;
  return chosen;
}

void Pool::Forget(LocalId sender) const {
  if (options_.balance != Balance::kBySender) return;
  MutexLock lock(mutex_);
  of_senders_.erase(sender);
}

std::string_view PoolOf(std::string_view member) {
  return member.substr(0, member.find('/'));
}

}  // namespace thespian::gateway
