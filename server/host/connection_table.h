// The connections that were handed to gRPC, so that there are never more than
// allowed. gRPC does not say when one ends; its descriptor does.
//
// Ownership: owns rows; the descriptors are gRPC's.
// Threads:   thread-compatible.
// Errors:    Admit says why one is refused.
// Memory:    a row for each connection, at most Limits::total.
#ifndef SERVER_HOST_CONNECTION_TABLE_H_
#define SERVER_HOST_CONNECTION_TABLE_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "endpoint/socket/peer_identity.h"

namespace thespian::gateway {

class ConnectionTable {
 public:
  struct Limits {
    size_t total = 10'000;
    size_t per_address = 0;  // 0: any number; does not concern Unix sockets
  };

  enum class Verdict { kAdmitted, kTooMany, kTooManyOfAddress };

  explicit ConnectionTable(Limits limits) : limits_(limits) {}

  // Whether `fd`, a socket that was just accepted, may be served; if so, it is
  // counted from now on.
  Verdict Admit(int fd, PeerIdentity peer);

  // Forgets the connections that have ended meanwhile.
  void Sweep();

  size_t size() const { return rows_.size(); }
  const Limits& limits() const { return limits_; }

 private:
  struct Row {
    ino_t inode = 0;  // of the socket: a descriptor's number is used again
    PeerIdentity peer;
  };

  Verdict Judge(const PeerIdentity& peer) const;
  void Forget(int fd);

  const Limits limits_;
  absl::flat_hash_map<int, Row> rows_;  // by descriptor
  absl::flat_hash_map<std::string, size_t> by_address_;
};

}  // namespace thespian::gateway

#endif  // SERVER_HOST_CONNECTION_TABLE_H_
