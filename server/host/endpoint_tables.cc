#include "server/host/endpoint_tables.h"

#include <map>
#include <memory>
#include <string_view>

#include "absl/algorithm/container.h"
#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "server/command_line/near_match.h"
#include "server/host/endpoint_table.h"

namespace thespian::gateway {
namespace {

using Tables = std::vector<std::unique_ptr<EndpointTable>>;

absl::Status Error(std::string_view place, std::string_view what) {
  return absl::FailedPreconditionError(fmt::format("{}: {}", place, what));
}

absl::StatusOr<Tables> ReadTables(const EndpointSettings& outside,
                                  const std::vector<ConfigTable>& tables,
                                  const std::vector<std::string>& globals) {
  Tables read;
  for (const ConfigTable& table : tables) {
    if (read.size() == kMostEndpoints) {
      return Error(table.place, fmt::format("there are more than {} endpoints",
                                            kMostEndpoints));
    }
    read.push_back(std::make_unique<EndpointTable>(table, outside));
    absl::Status status = read.back()->Read(globals);
    if (!status.ok()) return status;
    if (table.name == kDefaultEndpoint && !outside.command.empty()) {
      return Error(table.place,
                   "the endpoint 'default' has a command outside of the "
                   "tables already");
    }
  }
  return read;
}

// --- Routes ----------------------------------------------------------------

// Looks for routes that come back to where they begin: a message could go round
// for ever.
class RouteLoops {
 public:
  explicit RouteLoops(const Tables& tables) : tables_(tables) {
    for (const auto& table : tables) left_[table->name()] = table.get();
    while (DropEnds()) {
    }
  }

  // A loop as a list of routes; empty if there is none.
  std::vector<const EndpointTable::Route*> Find() const {
    std::vector<const EndpointTable::Route*> path;
    std::map<std::string, size_t> seen;  // and where in `path`
    const EndpointTable* at = First();
    while (at != nullptr) {
      const auto [entry, added] = seen.emplace(at->name(), path.size());
      if (!added) {
        path.erase(path.begin(),
                   path.begin() + static_cast<ptrdiff_t>(entry->second));
        break;
      }
      path.push_back(RouteWithin(*at));
      at = left_.at(path.back()->target);
    }
    return path;
  }

 private:
  // A route to an endpoint that is left; null if there is none.
  const EndpointTable::Route* RouteWithin(const EndpointTable& table) const {
    for (const EndpointTable::Route& route : table.routes()) {
      if (left_.contains(route.target)) return &route;
    }
    return nullptr;
  }

  // In the order of the file.
  const EndpointTable* First() const {
    for (const auto& table : tables_) {
      if (left_.contains(table->name())) return table.get();
    }
    return nullptr;
  }

  // Those from which no route goes on. Whether there were any.
  bool DropEnds() {
    return std::erase_if(left_, [this](const auto& entry) {
             return RouteWithin(*entry.second) == nullptr;
           }) > 0;
  }

  const Tables& tables_;
  std::map<std::string, const EndpointTable*> left_;
};

absl::Status CheckTarget(const EndpointTable& table,
                         const EndpointTable::Route& route,
                         const std::vector<std::string>& names) {
  if (route.target == table.name()) {
    return Error(route.place,
                 fmt::format("a route of '{}' to itself", table.name()));
  }
  if (absl::c_linear_search(names, route.target)) return absl::OkStatus();
  return Error(route.place,
               fmt::format("there is no endpoint '{}'{}", route.target,
                           DidYouMean(route.target, names)));
}

absl::Status CheckLoops(const Tables& tables) {
  const auto loop = RouteLoops(tables).Find();
  if (loop.empty()) return absl::OkStatus();
  std::vector<std::string> names = {loop.back()->target};
  names.reserve(loop.size() + 1);
  for (const EndpointTable::Route* route : loop) {
    names.push_back(route->target);
  }
  return Error(loop.back()->place, fmt::format("routes go round: {}",
                                               absl::StrJoin(names, " -> ")));
}

absl::Status CheckRoutes(const Tables& tables,
                         const std::vector<PoolOptions>& pools) {
  std::vector<std::string> names;
  names.reserve(pools.size());
  for (const PoolOptions& pool : pools) names.push_back(pool.member.name);
  for (const auto& table : tables) {
    for (const EndpointTable::Route& route : table->routes()) {
      absl::Status status = CheckTarget(*table, route, names);
      if (!status.ok()) return status;
    }
  }
  return CheckLoops(tables);
}

}  // namespace

absl::StatusOr<Endpoints> ReadEndpoints(
    const EndpointSettings& outside, const std::vector<ConfigTable>& tables,
    const std::vector<std::string>& globals) {
  const absl::StatusOr<Tables> read = ReadTables(outside, tables, globals);
  if (!read.ok()) return read.status();
  Endpoints endpoints;
  if (!outside.command.empty()) {
    endpoints.pools.push_back(ToPoolOptions(outside, kDefaultEndpoint));
  }
  for (const auto& table : *read) {
    endpoints.pools.push_back(table->ToPool());
    endpoints.printed += table->Print();
  }
  absl::Status status = CheckRoutes(*read, endpoints.pools);
  if (!status.ok()) return status;
  return endpoints;
}

}  // namespace thespian::gateway
