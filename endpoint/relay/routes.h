// Where an endpoint's messages to a name go that no local actor has.
//
// Ownership: owns its table.
// Threads:   constant, so safe from any thread.
// Errors:    none.
#ifndef ENDPOINT_RELAY_ROUTES_H_
#define ENDPOINT_RELAY_ROUTES_H_

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace thespian::gateway {

class Routes {
 public:
  // By a name, or "PREFIX*" for every name that begins so: the pool.
  using Table = std::map<std::string, std::string>;

  Routes() = default;
  explicit Routes(const Table& table);

  bool empty() const { return exact_.empty() && prefixes_.empty(); }

  // The pool for `name`: that of the name itself, or of the longest prefix.
  // Null if there is none.
  const std::string* Find(std::string_view name) const;

 private:
  absl::flat_hash_map<std::string, std::string> exact_;
  std::vector<std::pair<std::string, std::string>> prefixes_;  // longest first
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_RELAY_ROUTES_H_
