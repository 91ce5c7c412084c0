#include "endpoint/transport/socket_stream.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace thespian::gateway {

SocketStream::SocketStream(asio::io_context& loop, OnOver over)
    : DescriptorStream(loop), over_(std::move(over)) {}

absl::Status SocketStream::Connected(UniqueFd fd) {
  absl::StatusOr<Watched> watched = Watch(loop(), fd);
  if (!watched.ok()) return watched.status();
  const SharedDescriptor both = Share(*std::move(watched));
  Use(both, both);
  return absl::OkStatus();
}

// A peer that goes on talking is not listened to.
void SocketStream::Abort() {
  if (!has_descriptor()) return;
  shutdown(in_fd(), SHUT_RDWR);
  ResetAtClose();
  DrainFor(std::chrono::milliseconds(0));
}

ssize_t SocketStream::WriteTo(int fd, std::span<const iovec> pieces) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());  // it is only read
  message.msg_iovlen = pieces.size();
  return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

std::string_view SocketStream::Describe(int error) const {
  return error == EPIPE || error == ECONNRESET
             ? "the peer closed the connection"
             : "the connection can't be written to";
}

void SocketStream::OnClose() {
  shutdown(in_fd(), SHUT_WR);
  Drain();
}

// What the kernel has not sent yet the peer should still get.
void SocketStream::OnCutOff() {
  int unsent = 0;
  if (ioctl(in_fd(), SIOCOUTQNSD, &unsent) == 0 && unsent == 0) ResetAtClose();
}

// The end of our stream alone is not enough: a peer that waits for room would
// learn that there will be none only after a minute or more, when the kernel
// forgets the connection.
void SocketStream::ResetAtClose() {
  const linger reset = {.l_onoff = 1, .l_linger = 0};
  setsockopt(in_fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
}

void SocketStream::AfterEnd() { std::move(over_)(); }

}  // namespace thespian::gateway
