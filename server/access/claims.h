// What a proxy before the gateway says of a caller whose JSON web token it has
// checked: the token's claims, as Envoy's jwt_authn forwards them
// (forward_payload_header): a JSON object in Base64 for URLs.
//
// Ownership: values.
// Threads:   stateless.
// Errors:    UNAUTHENTICATED, which says what is wrong with them, and nothing
//   of what is in them.
// Memory:    what is given, some times.
#ifndef SERVER_ACCESS_CLAIMS_H_
#define SERVER_ACCESS_CLAIMS_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "server/access/principal.h"

namespace thespian::gateway {

// The claims are not checked but for `iss` and `sub`, which must be there: that
// was the proxy's.
absl::StatusOr<SharedPrincipal> PrincipalOfClaims(std::string_view value);

}  // namespace thespian::gateway

#endif  // SERVER_ACCESS_CLAIMS_H_
