#include "endpoint/relay/routes.h"

#include <algorithm>
#include <set>

#include "absl/strings/string_view.h"
#include "endpoint/wire/text.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace thespian::gateway {
namespace {

using OfPools = std::map<std::string, Routes::Table>;

absl::Status RouteError(std::string_view pool, std::string_view name,
                        std::string_view why) {
  return absl::InvalidArgumentError(
      fmt::format("endpoint '{}': the route of '{}' {}", pool, name, why));
}

absl::Status CheckTable(const std::string& pool, const OfPools& of_pools) {
  for (const auto& [name, target] : of_pools.at(pool)) {
    if (name.empty() || !IsUtf8(name)) {
      return RouteError(pool, name, "must have a name of UTF-8");
    }
    if (name.find('*') < name.size() - 1) {
      return RouteError(pool, name, "may have a '*' at its end only");
    }
    if (!of_pools.contains(target)) {
      return RouteError(
          pool, name,
          fmt::format("leads to endpoint '{}', which there is not", target));
    }
  }
  return absl::OkStatus();
}

// Looks along every route from the last pool of `way`; `done` are those from
// which no loop can be reached.
absl::Status CheckNoLoop(std::vector<std::string>& way, const OfPools& of_pools,
                         std::set<std::string>& done) {
  const std::string pool = way.back();
  for (const auto& [name, target] : of_pools.at(pool)) {
    const bool loop = std::find(way.begin(), way.end(), target) != way.end();
    way.push_back(target);
    if (loop) {
      return RouteError(
          pool, name, fmt::format("makes a loop: {}", fmt::join(way, " -> ")));
    }
    if (!done.contains(target)) {
      absl::Status status = CheckNoLoop(way, of_pools, done);
      if (!status.ok()) return status;
    }
    way.pop_back();
  }
  done.insert(pool);
  return absl::OkStatus();
}

}  // namespace

Routes::Routes(const Table& table) {
  for (const auto& [name, pool] : table) {
    if (name.ends_with('*')) {
      prefixes_.emplace_back(name.substr(0, name.size() - 1), pool);
    } else {
      exact_.emplace(name, pool);
    }
  }
  std::stable_sort(prefixes_.begin(), prefixes_.end(),
                   [](const auto& a, const auto& b) {
                     return a.first.size() > b.first.size();
                   });
}

const std::string* Routes::Find(std::string_view name) const {
  const auto exact = exact_.find(absl::string_view(name.data(), name.size()));
  if (exact != exact_.end()) return &exact->second;
  for (const auto& [prefix, pool] : prefixes_) {
    if (name.starts_with(prefix)) return &pool;
  }
  return nullptr;
}

absl::Status CheckRoutes(const OfPools& of_pools) {
  for (const auto& [pool, table] : of_pools) {
    absl::Status status = CheckTable(pool, of_pools);
    if (!status.ok()) return status;
  }
  std::set<std::string> done;
  for (const auto& [pool, table] : of_pools) {
    std::vector<std::string> way = {pool};
    absl::Status status = CheckNoLoop(way, of_pools, done);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace thespian::gateway
