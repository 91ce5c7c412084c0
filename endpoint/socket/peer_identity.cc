#include "endpoint/socket/peer_identity.h"

#include <sys/socket.h>

#include <asio/ip/tcp.hpp>

#include "fmt/format.h"

namespace thespian::gateway {

PeerIdentity IdentityOf(int fd) {
  asio::ip::tcp::endpoint remote;
  socklen_t size = static_cast<socklen_t>(remote.capacity());
  if (getpeername(fd, remote.data(), &size) == 0 &&
      (remote.data()->sa_family == AF_INET ||
       remote.data()->sa_family == AF_INET6)) {
    return {.address = remote.address().to_string()};
  }
  ucred credentials{};
  size = sizeof(credentials);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return {};
  }
  return {
      .pid = credentials.pid, .uid = credentials.uid, .gid = credentials.gid};
}

std::string Describe(const PeerIdentity& peer) {
  if (!peer.address.empty()) return peer.address;
  if (!peer.uid.has_value()) return "somebody unknown";
  return fmt::format("pid {} of user {}", peer.pid.value_or(0), *peer.uid);
}

}  // namespace thespian::gateway
