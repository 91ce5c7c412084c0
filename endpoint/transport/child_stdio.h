// A transport over a child's stdin and stdout.
//
// Ownership: owns our ends of the two pipes. Shared by its session and by the
//   loop's pending waits.
// Threads:   as a Transport.
// Errors:    a pipe without a reader is ENDPOINT_DOWN; it is told by
//   OnInputClosed if the child has not ended soon after.
// Memory:    one read.
#ifndef ENDPOINT_TRANSPORT_CHILD_STDIO_H_
#define ENDPOINT_TRANSPORT_CHILD_STDIO_H_

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <cstddef>
#include <memory>
#include <span>

#include "absl/status/statusor.h"
#include "endpoint/loop/pipe_reader.h"
#include "endpoint/process/unique_fd.h"
#include "endpoint/transport/transport.h"

namespace thespian::gateway {

class ChildStdio final : public Transport,
                         public std::enable_shared_from_this<ChildStdio> {
 public:
  // `in` is written to, `out` is read.
  ChildStdio(asio::io_context& loop, UniqueFd in, UniqueFd out);

  void Open(TransportEvents& events) override;
  void Drain() override;
  absl::StatusOr<size_t> Write(std::span<const iovec> pieces) override;
  void AwaitRoom() override;
  void Close() override;

 private:
  void OnOutputEnd();
  void OnBrokenPipe();
  void OnStillBroken();

  asio::io_context& loop_;
  asio::posix::stream_descriptor in_;
  const int in_fd_;  // in_'s, for the writing thread
  UniqueFd out_fd_;  // until it is opened
  std::shared_ptr<PipeReader> out_;
  asio::steady_timer broken_timer_;
  TransportEvents* events_ = nullptr;  // null: not opened yet, or ended
  bool draining_ = false;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_TRANSPORT_CHILD_STDIO_H_
