// How a connection comes about, or why it does not.
#include "endpoint/peer/dialler.h"

#include <sys/socket.h>
#include <unistd.h>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "endpoint/error.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "tests/support/no_trace_left.h"
#include "tests/support/patience.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace thespian::gateway {
namespace {

using asio::ip::tcp;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Optional;
using Unix = asio::local::stream_protocol;

class DiallerTest : public ::testing::Test {
 protected:
  absl::StatusOr<UniqueFd> Dial(const std::string& address,
                                milliseconds timeout = kPatience) {
    std::optional<absl::StatusOr<UniqueFd>> result;
    Dialler dialler(
        loop_,
        [&](absl::StatusOr<UniqueFd> got) {
          EXPECT_FALSE(result.has_value()) << "it is told once";
          result = std::move(got);
        },
        timeout);
    const absl::StatusOr<Address> parsed = ParseAddress(address);
    EXPECT_THAT(parsed, IsOk());
    const absl::Status begun = dialler.Begin(*parsed);
    if (!begun.ok()) return begun;
    EXPECT_FALSE(result.has_value());
    loop_.restart();
    loop_.run();
    return result.has_value() ? *std::move(result)
                              : absl::InternalError("nothing was told");
  }
  static std::string AddressOf(const tcp::acceptor& acceptor) {
    return fmt::format("127.0.0.1:{}", acceptor.local_endpoint().port());
  }

  NoTraceLeft no_trace_left_;
  const TempDir directory_;
  const std::string path_ = directory_.File("s");
  asio::io_context loop_{1};
};

TEST_F(DiallerTest, ConnectsToAFile) {
  const Unix::acceptor acceptor(loop_, Unix::endpoint(path_));
  EXPECT_THAT(Dial("unix:" + path_), IsOk());
}

TEST_F(DiallerTest, ConnectsToAnAbstractName) {
  const std::string name = fmt::format("tg-dial-{}", getpid());
  const Unix::acceptor acceptor(loop_, Unix::endpoint('\0' + name));
  EXPECT_THAT(Dial("unix:@" + name), IsOk());
}

TEST_F(DiallerTest, ConnectsOverTcp) {
  const tcp::acceptor acceptor(loop_, {asio::ip::address_v4::loopback(), 0});
  EXPECT_THAT(Dial(AddressOf(acceptor)), IsOk());
  EXPECT_THAT(
      Dial(fmt::format("localhost:{}", acceptor.local_endpoint().port())),
      IsOk());
}

TEST_F(DiallerTest, LocalhostIsBothOfItsAddresses) {
  std::error_code error;
  tcp::acceptor acceptor(loop_);
  acceptor.open(tcp::v6(), error);
  if (!error) acceptor.bind({asio::ip::address_v6::loopback(), 0}, error);
  if (error) GTEST_SKIP() << "there is no IPv6: " << error.message();
  acceptor.listen();
  EXPECT_THAT(
      Dial(fmt::format("localhost:{}", acceptor.local_endpoint().port())),
      IsOk());
}

TEST_F(DiallerTest, SaysWhyItIsRefused) {
  { const Unix::acceptor left(loop_, Unix::endpoint(path_)); }
  const absl::StatusOr<UniqueFd> refused = Dial("unix:" + path_);
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable,
                                HasSubstr("connection refused")));
  EXPECT_THAT(ReasonOf(refused.status()), Optional(ErrorReason::kEndpointDown));
  unlink(path_.c_str());
  EXPECT_THAT(Dial("unix:" + path_), StatusIs(absl::StatusCode::kUnavailable,
                                              HasSubstr("no such socket")));
  std::string address;
  {
    const tcp::acceptor acceptor(loop_, {asio::ip::address_v4::loopback(), 0});
    address = AddressOf(acceptor);
  }
  EXPECT_THAT(Dial(address), StatusIs(absl::StatusCode::kUnavailable,
                                      HasSubstr("connection refused")));
}

// The listener's queue is full: what comes then is not answered at all.
TEST_F(DiallerTest, GivesUpWhenNobodyAnswers) {
  tcp::acceptor acceptor(loop_);
  acceptor.open(tcp::v4());
  acceptor.bind({asio::ip::address_v4::loopback(), 0});
  acceptor.listen(0);
  std::vector<absl::StatusOr<UniqueFd>> others;
  for (int i = 0; i < 8 && (others.empty() || others.back().ok()); ++i) {
    others.push_back(Dial(AddressOf(acceptor), milliseconds(50)));
  }
  EXPECT_THAT(others.back(),
              StatusIs(absl::StatusCode::kUnavailable,
                       HasSubstr("nobody answered within 50 ms")));
}

TEST_F(DiallerTest, DoesNotLookUpNames) {
  EXPECT_THAT(Dial("host.example:7"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("'host.example' is not looked up")));
}

TEST_F(DiallerTest, IsCancelled) {
  const Unix::acceptor acceptor(loop_, Unix::endpoint(path_));
  Dialler dialler(loop_, [](const absl::StatusOr<UniqueFd>&) {
    ADD_FAILURE() << "it was cancelled";
  });
  ASSERT_THAT(dialler.Begin(*ParseAddress("unix:" + path_)), IsOk());
  dialler.Cancel();
  loop_.run();
}

}  // namespace
}  // namespace thespian::gateway
