// What a pool is told when it is made: a named group of endpoints that are
// equal, its members. A plain endpoint is a pool of one member of its own name.
//
// Ownership: values.
#ifndef ENDPOINT_DIRECTORY_POOL_OPTIONS_H_
#define ENDPOINT_DIRECTORY_POOL_OPTIONS_H_

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "endpoint/endpoint_options.h"

namespace thespian::gateway {

// Which member takes a message to the pool's name.
enum class Balance {
  kLeastQueued,  // for which the fewest bytes wait
  kRoundRobin,
  kBySender,  // a sender keeps its member as long as that lives
};

struct PoolOptions {
  EndpointOptions member;  // member.name is the pool's name
  // 0: one member, of the pool's own name; else NAME/0 to NAME/replicas-1.
  size_t replicas = 0;
  Balance balance = Balance::kLeastQueued;
  size_t min_ready = 1;  // members that must run for the pool's health
  bool required = true;  // the gateway's health depends on the pool's
  // How long a member that is replaced keeps what is addressed to its ids.
  std::chrono::milliseconds drain{30'000};
  // A new member takes messages once its actor of this name answers; empty:
  // once it runs.
  std::string ready_name;
  // Where its actors' messages to a name go that no local actor has: by the
  // name, or "PREFIX*" for all that begin so, a pool.
  std::map<std::string, std::string> routes;
  std::string accept;  // the address where peers dial in; empty: none
  // By name or number. Empty: the gateway's own user alone.
  std::vector<std::string> accept_users;
  size_t accept_limit = 64;  // connections at a time

  bool operator==(const PoolOptions&) const = default;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_DIRECTORY_POOL_OPTIONS_H_
