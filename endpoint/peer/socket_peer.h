// A peer at the other side of a socket: one that is dialled, run after run, or
// one that has dialled in and is lost with its connection.
//
// It is left in order: what was given to the transport is written, at most for
// stop_grace; then the connection is closed. The goodbye is the session's.
//
// Ownership: owns the connection until Forget; the options outlive it.
// Threads:   the loop's alone.
// Errors:    as a Peer; one that can't be reached is OnPeerFailed.
// Memory:    that of its transport.
#ifndef ENDPOINT_PEER_SOCKET_PEER_H_
#define ENDPOINT_PEER_SOCKET_PEER_H_

#include <asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/loop/loop_timer.h"
#include "endpoint/peer/accepted_peer.h"
#include "endpoint/peer/dialler.h"
#include "endpoint/peer/peer.h"
#include "endpoint/transport/socket_stream.h"

namespace thespian::gateway {

class SocketPeer final : public Peer {
 public:
  // One that is dialled at `address` in every run.
  SocketPeer(asio::io_context& loop, std::string address,
             std::chrono::milliseconds stop_grace, PeerEvents& events);
  // One that is connected already. It has one run.
  SocketPeer(asio::io_context& loop, AcceptedPeer accepted,
             std::chrono::milliseconds stop_grace, PeerEvents& events);

  absl::StatusOr<std::shared_ptr<Transport>> Begin() override;
  void Stop(StopRung first) override;
  void Forget() override;
  int64_t pid() const override { return 0; }
  bool IsStopped() const override { return false; }
  std::vector<std::string> LastErrorLines() const override { return {}; }

 private:
  // Of a run. It is connecting from Begin on, if that succeeds.
  enum class Phase { kNone, kConnecting, kConnected, kOver };

  absl::Status BeginConnecting();
  void OnConnected(absl::StatusOr<UniqueFd> fd);
  void Fail(const absl::Status& why, bool shortage);
  void End();

  asio::io_context& loop_;
  const std::string address_;
  std::optional<AcceptedPeer> accepted_;
  const std::chrono::milliseconds stop_grace_;
  PeerEvents& events_;
  Phase phase_ = Phase::kNone;
  Dialler dialler_;
  LoopTimer grace_timer_;
  std::shared_ptr<SocketStream> stream_;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_PEER_SOCKET_PEER_H_
