// A peer that has dialled in.
//
// Ownership: a value; it owns the connection and, as long as it exists, a place
//   among those that its listener admits.
#ifndef ENDPOINT_PEER_ACCEPTED_PEER_H_
#define ENDPOINT_PEER_ACCEPTED_PEER_H_

#include <memory>
#include <string>

#include "endpoint/process/unique_fd.h"

namespace thespian::gateway {

struct AcceptedPeer {
  UniqueFd fd;                        // connected, non-blocking, close-on-exec
  std::string description;            // "pid 4711 of user 1000", "127.0.0.1"
  std::shared_ptr<const void> place;  // may be null
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_PEER_ACCEPTED_PEER_H_
