// What a socket carries, and how a connection ends, over socketpairs.
#include "endpoint/transport/socket_stream.h"

#include <poll.h>

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "endpoint/error.h"
#include "gmock/gmock.h"
#include "tests/endpoint/peer/raw_peer.h"
#include "tests/support/no_trace_left.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;

// On the calling thread's loop, which runs until the connection is over.
class SocketStreamTest : public ::testing::Test, private TransportEvents {
 protected:
  void Open() { Open(MakeSocketPair()); }
  void Open(SocketPair pair) {
    peer_ = std::move(pair.theirs);
    stream_ = std::make_shared<SocketStream>(loop_, [this] { over_ = true; });
    EXPECT_THAT(stream_->Connected(std::move(pair.ours)), IsOk());
    asio::post(loop_, [this] { stream_->Open(*this); });
  }
  void RunToEnd() {
    loop_.run();
    EXPECT_TRUE(ended_);
    EXPECT_TRUE(over_);
    stream_ = nullptr;
  }
  absl::StatusOr<size_t> Write(std::string_view bytes) {
    const iovec piece = {const_cast<char*>(bytes.data()), bytes.size()};
    return stream_->Write({&piece, 1});
  }

  void OnOpened() override { on_opened_(); }
  void OnBytes(std::string_view bytes) override {
    read_ += bytes;
    on_bytes_();
  }
  void OnWritable() override { on_writable_(); }
  void OnInputClosed() override { ADD_FAILURE() << "it has ended"; }
  void OnEnded() override {
    EXPECT_FALSE(over_);
    ended_ = true;
    stream_->Close();  // as a session does
  }

  NoTraceLeft no_trace_left_;
  asio::io_context loop_{1};
  RawPeer peer_;
  std::shared_ptr<SocketStream> stream_;
  std::function<void()> on_opened_ = [] {};
  std::function<void()> on_bytes_ = [] {};
  std::function<void()> on_writable_ = [] {};
  std::string read_;
  bool ended_ = false;
  bool over_ = false;
};

TEST_F(SocketStreamTest, CarriesBytesInBothDirections) {
  on_bytes_ = [this] { EXPECT_THAT(Write("pong"), IsOkAndHolds(4u)); };
  Open();
  peer_.Write("ping");
  std::thread reader([this] {
    std::string bytes(4, '\0');
    EXPECT_EQ(recv(peer_.fd(), bytes.data(), 4, MSG_WAITALL), 4);
    EXPECT_EQ(bytes, "pong");
    peer_.Close();
  });
  RunToEnd();
  reader.join();
  EXPECT_EQ(read_, "ping");
}

TEST_F(SocketStreamTest, TakesWhatThereIsRoomForAndTellsWhenThereIsMore) {
  const std::string block(65'536, 'x');
  size_t written = 0;
  int rooms = 0;
  const auto fill = [&] {
    for (;;) {
      const absl::StatusOr<size_t> wrote = Write(block);
      ASSERT_THAT(wrote, IsOk());
      if (*wrote == 0) return;
      written += *wrote;
    }
  };
  std::string got;
  std::thread reader;
  on_opened_ = [&] {
    fill();
    stream_->AwaitRoom();
    reader = std::thread([&] {
      std::string bytes(1'000, '\0');
      for (ssize_t size = 0;
           (size = recv(peer_.fd(), bytes.data(), bytes.size(), 0)) > 0;) {
        got.append(bytes, 0, static_cast<size_t>(size));
      }
      peer_.Close();
    });
  };
  on_writable_ = [&] {
    if (++rooms == 3) return stream_->Close();
    fill();
    stream_->AwaitRoom();
  };
  Open();
  RunToEnd();
  reader.join();
  EXPECT_EQ(rooms, 3);
  EXPECT_EQ(got.size(), written);
}

TEST_F(SocketStreamTest, ThePeerSeesNoEndBeforeItIsClosed) {
  bool early = false;
  const int fd = peer_.fd();
  on_bytes_ = [&] {
    char byte = 0;
    early = recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
    stream_->Close();
  };
  Open();
  peer_.Write("x");
  std::thread reader([this] {
    char byte = 0;
    EXPECT_EQ(recv(peer_.fd(), &byte, 1, 0), 0);
    peer_.Write("last words");
    peer_.Close();
  });
  RunToEnd();
  reader.join();
  EXPECT_FALSE(early);
  EXPECT_EQ(read_, "xlast words");
}

TEST_F(SocketStreamTest, APeerThatStaysIsNotWaitedForLong) {
  on_opened_ = [this] { stream_->Close(); };
  Open();
  RunToEnd();
  char byte = 0;
  EXPECT_EQ(recv(peer_.fd(), &byte, 1, 0), 0);
}

// With the end of our stream alone it would wait for room for minutes.
TEST_F(SocketStreamTest, APeerThatStaysOverTcpIsReset) {
  on_opened_ = [this] { stream_->Close(); };
  Open(MakeTcpPair());
  RunToEnd();
  pollfd peer = {.fd = peer_.fd(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&peer, 1, kPatience.count()), 1);
  EXPECT_TRUE(peer.revents & POLLHUP) << peer.revents;
}

TEST_F(SocketStreamTest, APeerThatEndsOverTcpIsNotReset) {
  const std::string last(200'000, 'x');
  on_bytes_ = [&] {
    EXPECT_THAT(Write(last), IsOkAndHolds(last.size()));
    stream_->Close();
  };
  Open(MakeTcpPair());
  peer_.Write("x");
  peer_.HalfClose();
  RunToEnd();
  std::string got(last.size() + 1, '\0');
  EXPECT_EQ(recv(peer_.fd(), got.data(), got.size(), MSG_WAITALL),
            static_cast<ssize_t>(last.size()));
  EXPECT_EQ(recv(peer_.fd(), got.data(), 1, 0), 0);
}

TEST_F(SocketStreamTest, AWriteToAPeerThatHasGoneFails) {
  absl::Status status;
  on_opened_ = [&] {
    peer_.Close();
    status = Write("x").status();
  };
  Open();
  RunToEnd();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable,
                               HasSubstr("the peer closed the connection")));
  EXPECT_THAT(ReasonOf(status), Optional(ErrorReason::kEndpointDown));
}

TEST_F(SocketStreamTest, APeerThatGoesOnTalkingIsCutOff) {
  const std::string block(65'536, 'x');
  bool aborted = false;
  on_bytes_ = [&] {
    if (!std::exchange(aborted, true)) stream_->Abort();
  };
  Open();
  std::thread talker([&] {
    while (send(peer_.fd(), block.data(), block.size(), MSG_NOSIGNAL) > 0) {
    }
  });
  RunToEnd();
  talker.join();
  EXPECT_TRUE(aborted);
}

}  // namespace
}  // namespace thespian::gateway
