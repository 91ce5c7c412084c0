// Who may dial in, and how many.
#include "endpoint/peer/peer_listener.h"

#include <sys/stat.h>
#include <unistd.h>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "tests/endpoint/peer/raw_peer.h"
#include "tests/support/log_lines.h"
#include "tests/support/no_trace_left.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace thespian::gateway {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;
using Unix = asio::local::stream_protocol;

const std::string kSomebodyElse = std::to_string(geteuid() + 1);

class PeerListenerTest : public ::testing::Test {
 protected:
  PeerListenerTest() {
    options_.name = "east";
    options_.address = "unix:" + path_;
  }

  absl::StatusOr<std::string> Listen() {
    listener_ = std::make_unique<PeerListener>(
        loop_, options_, log_,
        [this](AcceptedPeer peer) { peers_.push_back(std::move(peer)); });
    absl::StatusOr<std::string> address = listener_->Listen();
    if (address.ok()) listener_->Start();
    return address;
  }

  RawPeer Dial(const std::string& name) {
    Unix::socket socket(loop_);
    socket.connect(Unix::endpoint(name));
    return RawPeer(UniqueFd(socket.release()));
  }
  // What has happened is handled.
  void Turn() {
    loop_.restart();
    loop_.poll();
  }

  NoTraceLeft no_trace_left_;
  const TempDir directory_;
  const std::string path_ = directory_.File("s");
  LogLines lines_;
  spdlog::logger log_ = lines_.MakeLog();
  asio::io_context loop_{1};
  PeerListenerOptions options_;
  std::vector<AcceptedPeer> peers_;
  std::unique_ptr<PeerListener> listener_;
};

TEST_F(PeerListenerTest, TwoPeersDialInAndAreDescribed) {
  ASSERT_THAT(Listen(), IsOk());
  RawPeer first = Dial(path_);
  RawPeer second = Dial(path_);
  Turn();
  ASSERT_THAT(peers_, SizeIs(2));
  EXPECT_EQ(peers_[0].description, "pid " + std::to_string(getpid()) +
                                       " of user " + std::to_string(geteuid()));
  EXPECT_EQ(listener_->open(), 2u);
  second.Write("2");
  char byte = 0;
  EXPECT_EQ(recv(peers_[1].fd.get(), &byte, 1, 0), 1);
  EXPECT_EQ(byte, '2');
  EXPECT_EQ(recv(peers_[0].fd.get(), &byte, 1, 0), -1);
}

TEST_F(PeerListenerTest, AnAbstractNameIsAsLongAsItIs) {
  const std::string name = "tg-peers-" + std::to_string(getpid());
  options_.address = "unix:@" + name;
  ASSERT_THAT(Listen(), IsOk());
  const RawPeer peer = Dial('\0' + name);
  Turn();
  EXPECT_THAT(peers_, SizeIs(1));
}

TEST_F(PeerListenerTest, OverTcpAPeerIsDescribedByItsAddress) {
  options_.address = "127.0.0.1:0";
  options_.users = {kSomebodyElse};  // concerns Unix sockets alone
  const absl::StatusOr<std::string> address = Listen();
  ASSERT_THAT(address, IsOk());
  asio::ip::tcp::socket socket(loop_);
  const int port = std::stoi(address->substr(address->rfind(':') + 1));
  socket.connect({asio::ip::address_v4::loopback(),
                  static_cast<asio::ip::port_type>(port)});
  Turn();
  ASSERT_THAT(peers_, SizeIs(1));
  EXPECT_EQ(peers_[0].description, "127.0.0.1");
}

TEST_F(PeerListenerTest, OthersThanTheUsersAreClosedAndLogged) {
  options_.users = {kSomebodyElse};
  ASSERT_THAT(Listen(), IsOk());
  RawPeer first = Dial(path_);
  RawPeer second = Dial(path_);
  Turn();
  EXPECT_THAT(peers_, SizeIs(0));
  EXPECT_EQ(first.NextFrame(), "");
  EXPECT_EQ(second.NextFrame(), "");
  // At most once a second.
  EXPECT_THAT(lines_.Get(), SizeIs(1));
  EXPECT_THAT(lines_.Get(), Contains(HasSubstr("not among accept-users")));
}

TEST_F(PeerListenerTest, UsersAreGivenByNameToo) {
  options_.users = {"nobody", std::to_string(geteuid())};
  ASSERT_THAT(Listen(), IsOk());
  const RawPeer peer = Dial(path_);
  Turn();
  EXPECT_THAT(peers_, SizeIs(1));
}

TEST_F(PeerListenerTest, AUserThatDoesNotExistIsAnError) {
  options_.users = {"no-such-user"};
  EXPECT_THAT(Listen(), StatusIs(absl::StatusCode::kInvalidArgument,
                                 HasSubstr("no user 'no-such-user'")));
}

TEST_F(PeerListenerTest, OneTooManyIsClosedUntilAPlaceIsFree) {
  options_.limit = 1;
  ASSERT_THAT(Listen(), IsOk());
  const RawPeer first = Dial(path_);
  RawPeer second = Dial(path_);
  Turn();
  EXPECT_THAT(peers_, SizeIs(1));
  EXPECT_EQ(second.NextFrame(), "");
  EXPECT_THAT(lines_.Get(), Contains(HasSubstr("accept-limit")));
  peers_.clear();
  const RawPeer third = Dial(path_);
  Turn();
  EXPECT_THAT(peers_, SizeIs(1));
}

TEST_F(PeerListenerTest, APlaceMayOutliveTheListener) {
  ASSERT_THAT(Listen(), IsOk());
  const RawPeer peer = Dial(path_);
  Turn();
  listener_ = nullptr;
  ASSERT_THAT(peers_, SizeIs(1));
  peers_.clear();
}

TEST_F(PeerListenerTest, AFileThatWasLeftBehindIsReplacedAndRemoved) {
  { Unix::acceptor left(loop_, Unix::endpoint(path_)); }
  options_.files.mode = 0600;
  ASSERT_THAT(Listen(), IsOk());
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  listener_->Close();
  EXPECT_EQ(access(path_.c_str(), F_OK), -1);
  Turn();
}

TEST_F(PeerListenerTest, ASocketInUseIsLeftAlone) {
  const Unix::acceptor used(loop_, Unix::endpoint(path_));
  EXPECT_THAT(Listen(), StatusIs(absl::StatusCode::kAlreadyExists,
                                 HasSubstr("it is in use")));
  EXPECT_EQ(access(path_.c_str(), F_OK), 0);
}

TEST(CheckPeerAddressTest, TcpStaysOnThisMachineUnlessItIsAllowed) {
  for (const std::string address : {"127.0.0.1:7", "127.8.0.1:7", "[::1]:7",
                                    "localhost:7", "unix:/x", "unix:@x"}) {
    EXPECT_THAT(CheckPeerAddress(address, false), IsOk()) << address;
  }
  for (const std::string address :
       {"0.0.0.0:7", "[::]:7", "10.0.0.1:7", "[2001:db8::1]:7"}) {
    EXPECT_THAT(CheckPeerAddress(address, false),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         HasSubstr("insecure-peers")))
        << address;
    EXPECT_THAT(CheckPeerAddress(address, true), IsOk()) << address;
  }
}

TEST(CheckPeerAddressTest, NamesAreNotLookedUp) {
  EXPECT_THAT(CheckPeerAddress("host.example:7", true),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("'host.example' is not looked up")));
  EXPECT_THAT(CheckPeerAddress("nowhere", true),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       StartsWith("'nowhere' is no address")));
}

}  // namespace
}  // namespace thespian::gateway
