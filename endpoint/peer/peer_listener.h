// Listens where peers dial in, and hands over those that are admitted: of the
// right user, and no more than there may be at a time.
//
// Ownership: owns the listening sockets and their socket files. A peer is the
//   Take function's; its place is free again once that lets go of it, which may
//   be after the listener's end.
// Threads:   Listen, Start and Close are the owner's: Close when the loop does
//   not run or on it. Take is called on the loop.
// Errors:    Listen says what is wrong with the address or a user. Who is not
//   admitted is logged, at most once a second.
// Memory:    none for each peer.
#ifndef ENDPOINT_PEER_PEER_LISTENER_H_
#define ENDPOINT_PEER_PEER_LISTENER_H_

#include <sys/types.h>

#include <asio/io_context.hpp>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/log_throttle.h"
#include "endpoint/peer/accepted_peer.h"
#include "endpoint/process/unique_fd.h"
#include "endpoint/socket/listening_sockets.h"
#include "endpoint/socket/peer_identity.h"
#include "spdlog/logger.h"

namespace thespian::gateway {

struct PeerListenerOptions {
  std::string name;     // of the endpoint, for the log
  std::string address;  // see address.h
  SocketFileOptions files;
  // Of Unix sockets, by name or number. Empty: the process's own user alone.
  std::vector<std::string> users;
  size_t limit = 64;            // peers at a time
  bool insecure_peers = false;  // TCP may be of another host
};

class PeerListener {
 public:
  using Take = std::function<void(AcceptedPeer)>;

  PeerListener(asio::io_context& loop, PeerListenerOptions options,
               spdlog::logger& log, Take take);

  // Peers can dial in, and wait until Start. Returns the address with the port
  // that the system chose.
  absl::StatusOr<std::string> Listen();
  void Start() { sockets_.Start(); }
  // Nobody can dial in any more. Those who have stay.
  void Close() { sockets_.Close(); }

  // Peers that are there now.
  size_t open() const { return places_->load(); }

 private:
  absl::Status FindUsers();
  void Admit(UniqueFd fd);
  // A place among those that may be taken, held as long as it is; null: there
  // is none.
  std::shared_ptr<const void> TakePlace();
  bool IsAllowed(const PeerIdentity& peer) const;
  void LogRefusal(std::string_view why);

  const PeerListenerOptions options_;
  spdlog::logger& log_;
  const Take take_;
  std::vector<uid_t> users_;
  const std::shared_ptr<std::atomic<size_t>> places_;  // how many are taken
  LogThrottle throttle_{std::chrono::seconds(1)};
  ListeningSockets sockets_;
};

// The number of the user of this name, or of this number; nothing: there is
// none of the name.
std::optional<uid_t> FindUser(const std::string& text);

// Whether a peer may be at `address`, which is well-formed: over TCP only on
// this machine, unless `insecure_peers`. A host that is dialled is given as a
// number or as localhost.
absl::Status CheckPeerAddress(const std::string& address, bool insecure_peers);

}  // namespace thespian::gateway

#endif  // ENDPOINT_PEER_PEER_LISTENER_H_
