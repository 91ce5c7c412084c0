#include "endpoint/relay/relays.h"

namespace thespian::gateway {

std::shared_ptr<SharedRelayLaneStats> Relays::StatsOf(EndpointName from,
                                                      EndpointName to) {
  MutexLock lock(mutex_);
  std::shared_ptr<SharedRelayLaneStats>& stats = stats_[{*from, *to}];
  if (stats == nullptr) stats = std::make_shared<SharedRelayLaneStats>();
  return stats;
}

std::vector<RelayLaneStats> Relays::Stats() const {
  // Each has a lock of its own: they are read after ours is free.
  const StatsByNames all = [this] {
    MutexLock lock(mutex_);
    return stats_;
  }();
  return Read(all);
}

std::vector<RelayLaneStats> Relays::StatsFrom(std::string_view from) const {
  StatsByNames some;
  {
    MutexLock lock(mutex_);
    for (auto it = stats_.lower_bound({std::string(from), ""});
         it != stats_.end() && it->first.first == from; ++it) {
      some.insert(some.end(), *it);
    }
  }
  return Read(some);
}

std::vector<RelayLaneStats> Relays::Read(const StatsByNames& all) {
  std::vector<RelayLaneStats> rows;
  rows.reserve(all.size());
  for (const auto& [names, stats] : all) {
    RelayLaneStats& row = rows.emplace_back(stats->Get());
    row.from = names.first;
    row.to = names.second;
  }
  return rows;
}

}  // namespace thespian::gateway
