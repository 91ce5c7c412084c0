// Who is at the other end of a connection, as gRPC's context of its security
// says.
//
// Ownership: values.
// Threads:   stateless.
// Errors:    null if the connection shows nobody.
// Memory:    the names.
#ifndef SERVER_RPC_PEER_PRINCIPAL_H_
#define SERVER_RPC_PEER_PRINCIPAL_H_

#include <grpcpp/security/auth_context.h>

#include "server/access/principal.h"

namespace thespian::gateway {

// The property that has the user and the group of a Unix socket's peer, each a
// decimal number. See UnixUsers, which sets it.
inline constexpr char kUnixUserProperty[] = "unix_user";
inline constexpr char kUnixGroupProperty[] = "unix_group";

SharedPrincipal PrincipalOf(const grpc::AuthContext& context);

}  // namespace thespian::gateway

#endif  // SERVER_RPC_PEER_PRINCIPAL_H_
