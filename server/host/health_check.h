// Asks a running gateway for its health, as a container's HEALTHCHECK does.
//
// Threads:   stateless.
// Errors:    UNAVAILABLE with the reason, if it does not serve.
#ifndef SERVER_HOST_HEALTH_CHECK_H_
#define SERVER_HOST_HEALTH_CHECK_H_

#include <vector>

#include "absl/status/status.h"
#include "server/host/listener_terms.h"

namespace thespian::gateway {

// OK if the gateway that listens there serves; 0.0.0.0 and [::] are asked over
// the loopback. It is asked where health is served without TLS, or else where
// nobody has to show a certificate; whose certificate it shows is not looked
// at. Takes at most 3 s.
absl::Status CheckHealth(const std::vector<ListenerTerms>& listeners);

}  // namespace thespian::gateway

#endif  // SERVER_HOST_HEALTH_CHECK_H_
