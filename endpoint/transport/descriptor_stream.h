// What transports over descriptors have in common: reading on the loop, writing
// from any thread, waiting for room, and a peer that takes nothing more.
//
// Ownership: owns the descriptors, which may be one and the same. Shared by its
//   session and by the loop's pending waits.
// Threads:   as a Transport.
// Errors:    ENDPOINT_DOWN once nothing can be written; it is told by
//   OnInputClosed if the peer has not ended soon after. A write for which there
//   is no memory is one without room, and there is room again after
//   PipeReader::kShortageTime.
// Memory:    one read.
#ifndef ENDPOINT_TRANSPORT_DESCRIPTOR_STREAM_H_
#define ENDPOINT_TRANSPORT_DESCRIPTOR_STREAM_H_

#include <sys/types.h>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "endpoint/loop/pipe_reader.h"
#include "endpoint/transport/transport.h"

namespace thespian::gateway {

class DescriptorStream : public Transport,
                         public std::enable_shared_from_this<DescriptorStream> {
 public:
  void Open(TransportEvents& events) override;
  void Drain() override;
  absl::StatusOr<size_t> Write(std::span<const iovec> pieces) override;
  void AwaitRoom() override;
  void Close() override;

 protected:
  explicit DescriptorStream(asio::io_context& loop);

  // `in` is written to, `out` is read. Before Open.
  void Use(SharedDescriptor in, SharedDescriptor out);
  asio::io_context& loop() { return loop_; }
  int in_fd() const { return in_fd_; }
  // Whether a descriptor is held for writing or for reading.
  bool has_descriptor() const {
    return in_ != nullptr || out_ != nullptr || reader_ != nullptr;
  }
  // Reads for `time` at most from now on.
  void DrainFor(std::chrono::milliseconds time);

  // What differs: one write as the system calls have it, and how its failure is
  // put in words.
  virtual ssize_t WriteTo(int fd, std::span<const iovec> pieces) = 0;
  virtual std::string_view Describe(int error) const = 0;
  // Nothing will be written any more, and `in` is about to be let go of. On
  // the loop.
  virtual void OnClose() {}
  // The peer has not ended, and is not listened to any more: both descriptors
  // are about to be let go of. On the loop.
  virtual void OnCutOff() {}
  // After OnEnded.
  virtual void AfterEnd() {}

 private:
  void OnOutputEnd();
  void OnBroken();
  void OnStillBroken();
  void AwaitPeer();
  void AwaitMemory();

  asio::io_context& loop_;
  SharedDescriptor in_;   // null: not there yet, or closed
  int in_fd_ = -1;        // in_'s, for the writing thread
  SharedDescriptor out_;  // until it is opened
  std::shared_ptr<PipeReader> reader_;
  asio::steady_timer broken_timer_;
  asio::steady_timer memory_timer_;
  bool short_ = false;  // the last write had no memory; the writing thread's
  TransportEvents* events_ = nullptr;  // null: not opened yet, or ended
  bool draining_ = false;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_TRANSPORT_DESCRIPTOR_STREAM_H_
