// How many connections clients have, and what became of the others.
//
// Threads:   safe from any thread.
// Errors:    none.
#ifndef SERVER_OBSERVE_CONNECTION_STATS_H_
#define SERVER_OBSERVE_CONNECTION_STATS_H_

#include <atomic>
#include <cstdint>

namespace thespian::gateway {

struct ConnectionStats {
  std::atomic<uint64_t> open = 0;  // counted about once a second
  std::atomic<uint64_t> accepted = 0;
  // Closed at once, because there were too many: in all, of one address, of
  // other users of Unix sockets, or for the descriptors of the process.
  std::atomic<uint64_t> refused_total = 0;
  std::atomic<uint64_t> refused_address = 0;
  std::atomic<uint64_t> refused_user = 0;
  std::atomic<uint64_t> refused_descriptors = 0;
};

}  // namespace thespian::gateway

#endif  // SERVER_OBSERVE_CONNECTION_STATS_H_
