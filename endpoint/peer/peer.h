// The seam between an endpoint and what it talks to: something that is brought
// up, carries a stream of bytes in each direction, and ends; a child process
// or the other side of a socket. A peer has one run after another.
//
// Ownership: the events outlive the peer. A transport is shared by the peer and
//   by whoever it is given to.
// Threads:   the loop's alone, and the events are called there.
// Errors:    Begin returns what the system refuses; a run that begins but does
//   not come up is told by OnPeerFailed.
#ifndef ENDPOINT_PEER_PEER_H_
#define ENDPOINT_PEER_PEER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/endpoint_state.h"
#include "endpoint/process/stop_rung.h"
#include "endpoint/transport/transport.h"

namespace thespian::gateway {

// What happens in one run: OnPeerReady or OnPeerFailed, unless it is stopped
// before; lines of stderr, if there is one; OnPeerGone at most once;
// OnPeerEnded once, last.
class PeerEvents {
 public:
  virtual ~PeerEvents() = default;

  // Its transport can be opened.
  virtual void OnPeerReady() = 0;
  // `shortage`: of the system's; it may succeed later, and counts for nothing.
  virtual void OnPeerFailed(const absl::Status& why, bool shortage) = 0;
  virtual void OnErrorLine(std::string_view line, bool truncated) = 0;
  // Lines that were held back since the last call.
  virtual void OnErrorLinesSuppressed(uint64_t lines) = 0;
  // It can't say any more than it has said. That may still be read.
  virtual void OnPeerGone() = 0;
  // The run is over, and how a process ended if there was one.
  virtual void OnPeerEnded(const std::optional<ProcessExit>& exit) = 0;
};

class Peer {
 public:
  virtual ~Peer() = default;

  // Begins a run, whose transport is opened after OnPeerReady. Calls no event.
  virtual absl::StatusOr<std::shared_ptr<Transport>> Begin() = 0;

  // Brings the run to its end, by this rung and those below; never back up.
  virtual void Stop(StopRung first) = 0;

  // The run has ended: what is left of it is given up.
  virtual void Forget() = 0;

  // Of its process; 0: it has none, or none now.
  virtual int64_t pid() const = 0;
  // Whether a signal has stopped its process.
  virtual bool IsStopped() const = 0;
  // Of its stderr, oldest first.
  virtual std::vector<std::string> LastErrorLines() const = 0;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_PEER_PEER_H_
