// A transport over a connected stream socket, Unix or TCP.
//
// The end of our stream is the last that the peer is to see of us: it is shown
// by Close, and whoever closes has said goodbye before. What the peer still
// says is read for half a second more; then the connection is reset, so that a
// peer that goes on writing learns of it at once.
//
// Ownership: as a DescriptorStream: one descriptor for both directions, which
//   is closed once nothing is written to it nor read from it any more.
// Threads:   as a Transport; Connected and Abort on the loop.
// Errors:    as a DescriptorStream.
// Memory:    one read.
#ifndef ENDPOINT_TRANSPORT_SOCKET_STREAM_H_
#define ENDPOINT_TRANSPORT_SOCKET_STREAM_H_

#include <asio/io_context.hpp>
#include <memory>
#include <span>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "endpoint/process/unique_fd.h"
#include "endpoint/transport/descriptor_stream.h"

namespace thespian::gateway {

class SocketStream final : public DescriptorStream {
 public:
  using OnOver = absl::AnyInvocable<void() &&>;

  // `over` is called once after OnEnded.
  explicit SocketStream(
      asio::io_context& loop, OnOver over = [] {});

  // It is carried by `fd`, which is non-blocking, from now on. Once, before
  // Open. An error: the loop can't watch it.
  absl::Status Connected(UniqueFd fd);

  // Ends the connection, with what is still on its way; OnEnded comes at once.
  void Abort();

 private:
  ssize_t WriteTo(int fd, std::span<const iovec> pieces) override;
  std::string_view Describe(int error) const override;
  void OnClose() override;
  void OnCutOff() override;
  void ResetAtClose();
  void AfterEnd() override;

  OnOver over_;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_TRANSPORT_SOCKET_STREAM_H_
