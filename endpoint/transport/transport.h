// The seam between a session and its peer: a stream of bytes in each
// direction, whatever carries it.
//
// Ownership: whoever writes holds the transport; the events outlive OnEnded.
// Threads:   Open and Drain on the loop, where the events are called; Write,
//   AwaitRoom and Close from any thread, one at a time.
// Errors:    those of Write are final: nothing can be written any more.
#ifndef ENDPOINT_TRANSPORT_TRANSPORT_H_
#define ENDPOINT_TRANSPORT_TRANSPORT_H_

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <string_view>

#include "absl/status/statusor.h"

namespace thespian::gateway {

// What comes from the peer: OnOpened first, OnEnded last, each once.
class TransportEvents {
 public:
  virtual ~TransportEvents() = default;

  virtual void OnOpened() = 0;
  // What one read brought; valid until this returns.
  virtual void OnBytes(std::string_view bytes) = 0;
  // There is room again; see AwaitRoom.
  virtual void OnWritable() = 0;
  // The peer takes nothing more, though it has not ended.
  virtual void OnInputClosed() = 0;
  // Nothing more comes from the peer.
  virtual void OnEnded() = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;

  // Begins to read. Called at most once; OnEnded follows sooner or later.
  virtual void Open(TransportEvents& events) = 0;

  // The peer is known to have ended: what is still on its way is read, and
  // OnEnded comes soon, even if someone else keeps the stream open.
  virtual void Drain() = 0;

  // Writes the beginning of `pieces`, without blocking, and returns how many
  // bytes that were; 0: there is no room.
  virtual absl::StatusOr<size_t> Write(std::span<const iovec> pieces) = 0;

  // Asks that OnWritable be called once there is room.
  virtual void AwaitRoom() = 0;

  // The peer will see the end of what we write. Nothing is written any more;
  // what it says is still read.
  virtual void Close() = 0;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_TRANSPORT_TRANSPORT_H_
