// What grpc.health.v1 says: of each pool ("endpoint/NAME"), and of the gateway,
// which serves while all required pools do.
//
// Ownership: borrows the gateway.
// Threads:   safe from any thread, except the constructor and Stop, which are
//   the owner's.
// Errors:    none.
// Memory:    what was said last of each pool.
#ifndef SERVER_HOST_HEALTH_BOARD_H_
#define SERVER_HOST_HEALTH_BOARD_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "endpoint/gateway.h"

namespace thespian::gateway {

class HealthBoard {
 public:
  // Says whether `service` serves; empty: the gateway.
  using Publish = std::function<void(const std::string& service, bool serving)>;

  HealthBoard(const Gateway& gateway, Publish publish)
      : gateway_(gateway), publish_(std::move(publish)) {}

  // Looks at all pools, and publishes what has changed. If another thread is
  // at it, that one looks again.
  void Refresh();

  // From now on nothing serves.
  void Stop();

 private:
  void PublishChanges();
  void Say(const std::string& service, bool serving);

  const Gateway& gateway_;
  const Publish publish_;
  std::atomic<bool> stopped_ = false;
  std::atomic<uint64_t> asked_ = 0;   // since nobody was at it
  std::map<std::string, bool> said_;  // of the one who is
};

}  // namespace thespian::gateway

#endif  // SERVER_HOST_HEALTH_BOARD_H_
