// Asks a running gateway for its health, as a container's HEALTHCHECK does.
//
// Threads:   stateless.
// Errors:    UNAVAILABLE with the reason, if it does not serve.
#ifndef SERVER_HOST_HEALTH_CHECK_H_
#define SERVER_HOST_HEALTH_CHECK_H_

#include <string>

#include "absl/status/status.h"

namespace thespian::gateway {

// OK if the gateway that listens on `address` serves; 0.0.0.0 and [::] are
// asked over the loopback. Takes at most 3 s.
absl::Status CheckHealth(const std::string& address);

}  // namespace thespian::gateway

#endif  // SERVER_HOST_HEALTH_CHECK_H_
