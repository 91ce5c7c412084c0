// Who is at the other end of a connected socket, as far as the system knows.
//
// Ownership: values.
// Threads:   stateless.
// Errors:    what is not known is left out.
#ifndef ENDPOINT_SOCKET_PEER_IDENTITY_H_
#define ENDPOINT_SOCKET_PEER_IDENTITY_H_

#include <sys/types.h>

#include <optional>
#include <string>

namespace thespian::gateway {

struct PeerIdentity {
  // An IP address without its port, or empty for a Unix socket.
  std::string address;
  // Of a Unix socket, as the peer was when it connected.
  std::optional<pid_t> pid;
  std::optional<uid_t> uid;
  std::optional<gid_t> gid;
};

PeerIdentity IdentityOf(int fd);

// "127.0.0.1", "pid 4711 of user 1000".
std::string Describe(const PeerIdentity& peer);

}  // namespace thespian::gateway

#endif  // ENDPOINT_SOCKET_PEER_IDENTITY_H_
