// What every TCP connection of ours is set to.
//
// Threads:   stateless.
// Errors:    none; another socket than of TCP stays as it is.
#ifndef ENDPOINT_SOCKET_TCP_OPTIONS_H_
#define ENDPOINT_SOCKET_TCP_OPTIONS_H_

namespace thespian::gateway {

// Small messages are sent at once, and a peer that acknowledges nothing for
// 10 s has gone, as gRPC's own sockets have it.
void SetTcpOptions(int fd);

}  // namespace thespian::gateway

#endif  // ENDPOINT_SOCKET_TCP_OPTIONS_H_
