#include "endpoint/actors/remote_actors.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace thespian::gateway {
namespace {

constexpr size_t kVictimsLookedAt = 32;

template <typename Map, typename Key, typename Item>
void DropFrom(Map& map, const Key& key, const Item& item) {
  const auto it = map.find(key);
  if (it == map.end()) return;
  it->second.erase(item);
  if (it->second.empty()) map.erase(it);
}

// What `map` has under `key`, in order.
template <typename List, typename Map, typename Key>
List TakeOut(Map& map, const Key& key) {
  const auto it = map.find(key);
  if (it == map.end()) return {};
  List taken(it->second.begin(), it->second.end());
  std::sort(taken.begin(), taken.end());
  map.erase(it);
  return taken;
}

}  // namespace

bool RemoteActors::NoteSpoke(RemoteId remote, bool message, absl::Time now) {
  MutexLock lock(mutex_);
  const auto [it, is_new] = places_of_.try_emplace(remote, 0);
  if (is_new) {
    if (free_places_.empty()) {
      it->second = static_cast<uint32_t>(places_.size());
      places_.emplace_back();
    } else {
      it->second = free_places_.back();
      free_places_.pop_back();
    }
    BeforeChangeLocked(it->second);
    places_[it->second] = {.id = remote, .created_ns = absl::ToUnixNanos(now)};
  }
  Place& place = places_[it->second];
  place.last_ns = absl::ToUnixNanos(now);
  if (message) ++place.received;
  return is_new;
}

void RemoteActors::NoteSent(const std::vector<RemoteId>& remotes,
                            absl::Time now) {
  const int64_t now_ns = absl::ToUnixNanos(now);
  MutexLock lock(mutex_);
  for (const RemoteId remote : remotes) {
    const auto it = places_of_.find(remote);
    if (it == places_of_.end()) continue;
    Place& place = places_[it->second];
    place.last_ns = now_ns;
    ++place.sent;
  }
}

RemoteActors::Closed RemoteActors::Close(RemoteId remote) {
  MutexLock lock(mutex_);
  const auto it = places_of_.find(remote);
  if (it == places_of_.end()) return {};
  const uint32_t place = it->second;
  places_of_.erase(it);
  return {.was_live = true, .linked = CloseLocked(remote, place)};
}

RemoteActors::Locals RemoteActors::CloseLocked(RemoteId remote,
                                               uint32_t place) {
  BeforeChangeLocked(place);
  places_[place] = {};
  free_places_.push_back(place);
  Locals linked = UnlinkLocked(remote);
  if (places_of_.empty()) GiveMemoryBackLocked();
  return linked;
}

// Without proxies there are no links. Not `= {}`: a list keeps the memory.
void RemoteActors::GiveMemoryBackLocked() {
  places_of_ = decltype(places_of_)();
  places_ = decltype(places_)();
  free_places_ = decltype(free_places_)();
  links_of_remote_ = decltype(links_of_remote_)();
  links_of_local_ = decltype(links_of_local_)();
}

RemoteActors::Locals RemoteActors::UnlinkLocked(RemoteId remote) {
  auto linked = TakeOut<Locals>(links_of_remote_, remote);
  for (const LocalId local : linked) DropFrom(links_of_local_, local, remote);
  return linked;
}

std::vector<RemoteActors::ClosedProxy> RemoteActors::CloseAll() {
  std::vector<ClosedProxy> closed;
  MutexLock lock(mutex_);
  pictures_.BeforeChangeOfAll([this](size_t place) {
    mutex_.AssertHeld();
    return MakePieceLocked(place);
  });
  closed.reserve(places_of_.size());
  for (const Place& place : places_) {
    if (place.id.value == 0) continue;
    closed.push_back({.id = place.id, .linked = UnlinkLocked(place.id)});
  }
  GiveMemoryBackLocked();
  return closed;
}

RemoteActors::Linked RemoteActors::Link(RemoteId remote, LocalId local) {
  MutexLock lock(mutex_);
  if (!places_of_.contains(remote)) return Linked::kGone;
  seen_.insert(local);
  if (!links_of_local_[local].insert(remote).second) return Linked::kAlready;
  links_of_remote_[remote].insert(local);
  return Linked::kNew;
}

bool RemoteActors::IsLinked(RemoteId remote, LocalId local) const {
  MutexLock lock(mutex_);
  const auto it = links_of_local_.find(local);
  return it != links_of_local_.end() && it->second.contains(remote);
}

bool RemoteActors::IsLive(RemoteId remote) const {
  MutexLock lock(mutex_);
  return places_of_.contains(remote);
}

bool RemoteActors::HasLinks() const {
  MutexLock lock(mutex_);
  return !links_of_remote_.empty();
}

std::vector<RemoteId> RemoteActors::IdleSince(absl::Time since,
                                              size_t most) const {
  const int64_t since_ns = absl::ToUnixNanos(since);
  std::vector<RemoteId> idle;
  MutexLock lock(mutex_);
  for (const Place& place : places_) {
    if (idle.size() == most) break;
    if (place.id.value == 0 || place.last_ns >= since_ns) continue;
    if (!links_of_remote_.contains(place.id)) idle.push_back(place.id);
  }
  return idle;
}

RemoteId RemoteActors::PickVictim(RemoteId except) {
  RemoteId victim;
  std::pair<bool, int64_t> best = {true, std::numeric_limits<int64_t>::max()};
  MutexLock lock(mutex_);
  size_t looked = 0;
  for (size_t step = 0; step < places_.size() && looked < kVictimsLookedAt;
       ++step) {
    victim_hand_ = (victim_hand_ + 1) % places_.size();
    const Place& place = places_[victim_hand_];
    if (place.id.value == 0 || place.id == except) continue;
    ++looked;
    const std::pair<bool, int64_t> worth = {links_of_remote_.contains(place.id),
                                            place.last_ns};
    if (victim.value != 0 && worth >= best) continue;
    best = worth;
    victim = place.id;
  }
  return victim;
}

void RemoteActors::NoteSeen(LocalId local) {
  MutexLock lock(mutex_);
  seen_.insert(local);
}

std::vector<LocalId> RemoteActors::TakeSeen() {
  MutexLock lock(mutex_);
  const auto seen = std::exchange(seen_, {});
  return {seen.begin(), seen.end()};
}

bool RemoteActors::Knows(LocalId local) const {
  MutexLock lock(mutex_);
  return seen_.contains(local) || links_of_local_.contains(local);
}

RemoteActors::EndedLocal RemoteActors::EndLocal(LocalId local) {
  MutexLock lock(mutex_);
  EndedLocal ended = {.seen = seen_.erase(local) > 0,
                      .linked = TakeOut<Remotes>(links_of_local_, local)};
  for (const RemoteId remote : ended.linked) {
    DropFrom(links_of_remote_, remote, local);
  }
  return ended;
}

size_t RemoteActors::live() const {
  MutexLock lock(mutex_);
  return places_of_.size();
}

bool RemoteActors::List(size_t most, uint64_t& place,
                        std::vector<ProxyRow>& rows) const {
  const uint64_t end = place + kPlacesOfAPage;
  MutexLock lock(mutex_);
  for (; place < std::min<uint64_t>(places_.size(), end) && rows.size() < most;
       ++place) {
    const Place& p = places_[place];
    if (p.id.value == 0) continue;
    const auto links = links_of_remote_.find(p.id);
    rows.push_back(
        {.id = p.id,
         .created = absl::FromUnixNanos(p.created_ns),
         .received = p.received,
         .sent = p.sent,
         .links = links == links_of_remote_.end() ? 0 : links->second.size()});
  }
  return place < places_.size();
}

void RemoteActors::BeginPicture() {
  MutexLock lock(mutex_);
  pictures_.Begin(places_.size());
}

std::shared_ptr<const ProxyPicture> RemoteActors::ContinuePicture(size_t most) {
  MutexLock lock(mutex_);
  return pictures_.Continue(most, [this](size_t place) {
    mutex_.AssertHeld();
    return MakePieceLocked(place);
  });
}

bool RemoteActors::HasCurrentPicture() const {
  MutexLock lock(mutex_);
  return pictures_.HasCurrent();
}

ProxyPicture::Piece RemoteActors::MakePieceLocked(size_t place) const {
  ProxyPicture::Piece piece;
  const auto begin = places_.begin() + std::min(place, places_.size());
  const auto end =
      places_.begin() + std::min(place + piece_places_, places_.size());
  const auto is_live = [](const Place& p) { return p.id.value != 0; };
  piece.reserve(std::count_if(begin, end, is_live));
  std::for_each(begin, end, [&](const Place& p) {
    if (is_live(p)) piece.push_back({.id = p.id, .created_ns = p.created_ns});
  });
  return piece;
}

void RemoteActors::BeforeChangeLocked(size_t place) {
  pictures_.BeforeChange(place, [this](size_t begin) {
    mutex_.AssertHeld();
    return MakePieceLocked(begin);
  });
}

}  // namespace thespian::gateway
