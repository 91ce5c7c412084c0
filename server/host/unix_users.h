// The users at the other ends of Unix sockets, so that an RPC knows its caller.
//
// All connections of one acceptor of gRPC's have the same credentials, and a
// call does not know its connection's descriptor. So each user has an acceptor,
// whose credentials tell of that user in the call's AuthContext
// (peer_principal.h). Which user an acceptor has never changes, since
// connections may be there for as long as they like.
//
// Ownership: owns the acceptors, which are handed to before the server ends.
// Threads:   made by the owner; AcceptorOf is for the thread that accepts; the
//   credentials are used by gRPC's.
// Errors:    null if there have been kMost others.
// Memory:    kMost acceptors, whether they are used or not.
#ifndef SERVER_HOST_UNIX_USERS_H_
#define SERVER_HOST_UNIX_USERS_H_

#include <grpcpp/server_builder.h>
#include <sys/types.h>

#include <array>
#include <cstddef>
#include <memory>

#include "endpoint/socket/peer_identity.h"

namespace thespian::gateway {

class UnixUsers {
 public:
  // Users, or users with several groups.
  static constexpr size_t kMost = 32;

  using Acceptor = grpc::experimental::ExternalConnectionAcceptor;

  // Adds the acceptors to the server that is being built.
  explicit UnixUsers(grpc::ServerBuilder& builder);
  ~UnixUsers();
  UnixUsers(const UnixUsers&) = delete;
  UnixUsers& operator=(const UnixUsers&) = delete;

  // Where a connection of this user belongs.
  Acceptor* AcceptorOf(const PeerIdentity& peer);

 private:
  class Marker;
  struct Place {
    std::unique_ptr<Acceptor> acceptor;
    std::shared_ptr<Marker> marker;
  };

  std::array<Place, kMost> places_;
  size_t taken_ = 0;
};

}  // namespace thespian::gateway

#endif  // SERVER_HOST_UNIX_USERS_H_
