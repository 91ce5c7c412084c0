#include "server/host/listeners.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/read.hpp>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "tests/support/awaited.h"
#include "tests/support/log_lines.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/ubsan.h"

namespace thespian::gateway {
namespace {

using asio::ip::tcp;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Unix = asio::local::stream_protocol;

class ListenersTest : public ::testing::Test {
 protected:
  void Make(const ListenerOptions& options = {}) {
    listeners_.emplace(options, log_, stats_);
  }
  absl::StatusOr<std::string> Add(const std::string& address) {
    return listeners_->Add(address, [this](UniqueFd fd, const PeerIdentity&) {
      served_.Update([&](auto& all) { all.push_back(std::move(fd)); });
      return true;
    });
  }
  bool AwaitServed(size_t count) {
    return served_.Await(
        [count](const auto& all) { return all.size() == count; });
  }
  // Connected to `address`, which has been bound.
  tcp::socket Connect(const std::string& address) {
    tcp::socket socket(loop_);
    ConnectTo(socket, address);
    return socket;
  }
  static void ConnectTo(tcp::socket& socket, const std::string& address) {
    const size_t colon = address.rfind(':');
    const std::string host = address.substr(0, colon);
    const auto port =
        static_cast<uint16_t>(std::stoi(address.substr(colon + 1)));
    socket.connect({asio::ip::make_address(host.front() == '['
                                               ? host.substr(1, host.size() - 2)
                                               : host),
                    port});
  }
  template <typename Socket>
  static bool IsClosedByPeer(Socket& socket) {
    char byte = 0;
    std::error_code error;
    asio::read(socket, asio::buffer(&byte, 1), error);
    return error == asio::error::eof || error == asio::error::connection_reset;
  }

  LogLines lines_;
  spdlog::logger log_ = lines_.MakeLog();
  ConnectionStats stats_;
  Awaited<std::vector<UniqueFd>> served_;
  asio::io_context loop_;
  std::optional<Listeners> listeners_;
  const TempDir directory_;
};

// --- Addresses -------------------------------------------------------------

TEST_F(ListenersTest, TellsThePortThatTheSystemChose) {
  Make();
  const auto address = Add("127.0.0.1:0");
  ASSERT_THAT(address, IsOk());
  listeners_->Start();
  const tcp::socket client = Connect(*address);
  EXPECT_TRUE(AwaitServed(1));
  EXPECT_EQ(stats_.accepted, 1u);
}

TEST_F(ListenersTest, ConnectionsWaitUntilTheStart) {
  Make();
  const auto address = Add("127.0.0.1:0");
  ASSERT_THAT(address, IsOk());
  const tcp::socket client = Connect(*address);
  listeners_->Start();
  EXPECT_TRUE(AwaitServed(1));
}

TEST_F(ListenersTest, AnAddressInUseIsRefused) {
  Make();
  const auto address = Add("127.0.0.1:0");
  ASSERT_THAT(address, IsOk());
  EXPECT_THAT(Add(*address),
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr(*address)));
}

TEST_F(ListenersTest, AnAddressOfAnotherMachineIsRefused) {
  Make();
  EXPECT_THAT(Add("203.0.113.1:0"), StatusIs(absl::StatusCode::kAlreadyExists,
                                             HasSubstr("203.0.113.1:0")));
}

// --- Unix sockets ----------------------------------------------------------

TEST_F(ListenersTest, AUnixSocketHasItsMode) {
  Make({.files = {.mode = 0640}});
  const std::string path = directory_.File("s");
  EXPECT_THAT(Add("unix:" + path), IsOk());
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
  listeners_->Start();
  Unix::socket client(loop_);
  client.connect(Unix::endpoint(path));
  EXPECT_TRUE(AwaitServed(1));
  listeners_->Stop();
  EXPECT_NE(stat(path.c_str(), &status), 0) << "the file is removed";
}

TEST_F(ListenersTest, AnAbstractUnixSocketHasNoFile) {
  Make();
  const std::string name = directory_.File("s");
  EXPECT_THAT(Add("unix:@" + name), IsOk());
  listeners_->Start();
  Unix::socket client(loop_);
  client.connect(Unix::endpoint('\0' + name));
  EXPECT_TRUE(AwaitServed(1));
}

TEST_F(ListenersTest, AUnixSocketInUseStays) {
  Make();
  const std::string address = "unix:" + directory_.File("s");
  EXPECT_THAT(Add(address), IsOk());
  EXPECT_THAT(Add(address),
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("in use")));
  listeners_->Start();
  Unix::socket client(loop_);
  client.connect(Unix::endpoint(directory_.File("s")));
  EXPECT_TRUE(AwaitServed(2)) << "the second Add has looked, too";
}

TEST_F(ListenersTest, ASocketFileThatWasLeftBehindIsReplaced) {
  const std::string path = directory_.File("s");
  { Unix::acceptor left(loop_, Unix::endpoint(path)); }
  Make();
  EXPECT_THAT(Add("unix:" + path), IsOk());
}

TEST_F(ListenersTest, AFileThatIsNoSocketStays) {
  const std::string path = directory_.File("s");
  std::ofstream(path) << "precious";
  Make();
  EXPECT_FALSE(Add("unix:" + path).ok());
  std::string text;
  std::ifstream(path) >> text;
  EXPECT_EQ(text, "precious");
}

TEST_F(ListenersTest, APathThatIsTooLongIsRefused) {
  Make();
  EXPECT_THAT(Add("unix:/" + std::string(107, 'x')),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("107")));
}

// --- Limits ----------------------------------------------------------------

TEST_F(ListenersTest, OneTooManyIsClosedAtOnceAndTold) {
  Make({.connections = {.total = 2}});
  const auto address = Add("127.0.0.1:0");
  ASSERT_THAT(address, IsOk());
  listeners_->Start();
  const tcp::socket one = Connect(*address);
  const tcp::socket two = Connect(*address);
  EXPECT_TRUE(AwaitServed(2));
  tcp::socket three = Connect(*address);
  EXPECT_TRUE(IsClosedByPeer(three));
  EXPECT_EQ(stats_.refused_total, 1u);
  EXPECT_THAT(lines_.Get(), Contains(HasSubstr("2 connections")));
  // One that ends makes room.
  served_.Update([](auto& all) { all.pop_back(); });
  const tcp::socket four = Connect(*address);
  EXPECT_TRUE(AwaitServed(2));
}

TEST_F(ListenersTest, AnAddressHasItsShare) {
  Make({.connections = {.per_address = 1}});
  const auto address = Add("127.0.0.1:0");
  ASSERT_THAT(address, IsOk());
  listeners_->Start();
  const tcp::socket one = Connect(*address);
  EXPECT_TRUE(AwaitServed(1));
  tcp::socket two = Connect(*address);
  EXPECT_TRUE(IsClosedByPeer(two));
  EXPECT_EQ(stats_.refused_address, 1u);
}

#ifndef TG_HAS_UBSAN

// Every descriptor that the process may still have.
std::vector<UniqueFd> TakeAllDescriptors() {
  std::vector<UniqueFd> taken;
  for (;;) {
    UniqueFd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (fd.get() < 0) return taken;
    taken.push_back(std::move(fd));
  }
}

TEST_F(ListenersTest, ItServesAgainWhenThereAreDescriptorsAgain) {
  Make();
  const auto address = Add("127.0.0.1:0");
  ASSERT_THAT(address, IsOk());
  tcp::socket refused(loop_, tcp::v4());
  tcp::socket served(loop_, tcp::v4());
  listeners_->Start();
  {
    const std::vector<UniqueFd> all = TakeAllDescriptors();
    ConnectTo(refused, *address);
    EXPECT_TRUE(IsClosedByPeer(refused));
  }
  EXPECT_GE(stats_.refused_descriptors, 1u);
  EXPECT_THAT(lines_.Get(), Contains(HasSubstr("Too many open files")));
  ConnectTo(served, *address);
  EXPECT_TRUE(AwaitServed(1));
}

#endif  // TG_HAS_UBSAN

}  // namespace
}  // namespace thespian::gateway
