// The other side of a socket, as bytes: it says what a test wants, and reads
// what it is sent.
//
// Ownership: owns its descriptor.
// Threads:   thread-compatible; reads and writes block, for kPatience at most.
// Errors:    a test fails where something is not as it should be.
#ifndef TESTS_ENDPOINT_PEER_RAW_PEER_H_
#define TESTS_ENDPOINT_PEER_RAW_PEER_H_

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "endpoint/process/unique_fd.h"
#include "endpoint/wire/message.h"
#include "gmock/gmock.h"
#include "tests/support/frames.h"
#include "tests/support/patience.h"

namespace thespian::gateway {

class RawPeer {
 public:
  RawPeer() = default;
  explicit RawPeer(UniqueFd fd) : fd_(std::move(fd)) {
    const int flags = fcntl(fd_.get(), F_GETFL);
    fcntl(fd_.get(), F_SETFL, flags & ~O_NONBLOCK);
    const timeval patience{kPatience.count(), 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  }

  int fd() const { return fd_.get(); }
  void Close() { fd_.Reset(); }
  void HalfClose() { shutdown(fd_.get(), SHUT_WR); }

  // All of it, or until the other side has gone.
  void Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t size =
          send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(size));
    }
  }

  // The content of the next frame; "" at the end.
  std::string NextFrame() {
    std::string head = Read(5);
    if (head.size() < 5) return "";
    size_t size = 0;
    for (const char byte : head.substr(1)) {
      size = size << 8 | static_cast<uint8_t>(byte);
    }
    return Read(size);
  }

  // The contents of all frames up to the end of the stream.
  std::vector<std::string> FramesToEnd() {
    std::vector<std::string> frames;
    for (std::string frame = NextFrame(); !frame.empty(); frame = NextFrame()) {
      frames.push_back(std::move(frame));
    }
    return frames;
  }

 private:
  std::string Read(size_t size) {
    std::string bytes(size, '\0');
    const ssize_t got = recv(fd_.get(), bytes.data(), size, MSG_WAITALL);
    EXPECT_TRUE(got >= 0 || errno == ECONNRESET) << "nothing came: " << errno;
    bytes.resize(got < 0 ? 0 : static_cast<size_t>(got));
    return bytes;
  }

  UniqueFd fd_;
};

// A message's frame, or its content, in the plain dialect.
template <typename Message>
std::string FrameFor(const Message& message) {
  std::string frame;
  AppendFrame(message, frame, IdForm::kPlain);
  return frame;
}
template <typename Message>
std::string ContentFor(const Message& message) {
  return FrameFor(message).substr(5);
}

struct SocketPair {
  UniqueFd ours;  // non-blocking
  RawPeer theirs;
};
inline SocketPair MakeSocketPair() {
  std::array<int, 2> ends{};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                       ends.data()),
            0);
  return {UniqueFd(ends[0]), RawPeer(UniqueFd(ends[1]))};
}

// The same over TCP on the loopback.
inline SocketPair MakeTcpPair() {
  asio::io_context loop;
  using Tcp = asio::ip::tcp;
  Tcp::acceptor acceptor(loop, {asio::ip::address_v4::loopback(), 0});
  Tcp::socket theirs(loop);
  theirs.connect(acceptor.local_endpoint());
  Tcp::socket ours = acceptor.accept();
  ours.non_blocking(true);
  return {UniqueFd(ours.release()), RawPeer(UniqueFd(theirs.release()))};
}

// Listens as a peer that is dialled does, at a path.
class RawListener {
 public:
  explicit RawListener(const std::string& path)
      : acceptor_(loop_, asio::local::stream_protocol::endpoint(path)) {}

  RawPeer Accept() {
    return RawPeer(UniqueFd(
        accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC)));
  }

 private:
  asio::io_context loop_;
  asio::local::stream_protocol::acceptor acceptor_;
};

}  // namespace thespian::gateway

#endif  // TESTS_ENDPOINT_PEER_RAW_PEER_H_
