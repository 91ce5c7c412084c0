#include "server/host/metrics_server.h"

#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>
#include <string>
#include <vector>

#include "endpoint/gateway.h"
#include "gmock/gmock.h"
#include "tests/support/silent_log.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_clock.h"

namespace thespian::gateway {
namespace {

using asio::ip::tcp;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class MetricsServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = MetricsServer::Start(metrics_, "127.0.0.1:0", log_);
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
  }
  tcp::socket Send(std::string_view text) {
    const std::string& address = server_->address();
    const size_t colon = address.rfind(':');
    tcp::socket socket(loop_);
    socket.connect(
        {asio::ip::make_address(address.substr(0, colon)),
         static_cast<uint16_t>(std::stoi(address.substr(colon + 1)))});
    asio::write(socket, asio::buffer(text));
    return socket;
  }
  // All that comes until the server closes.
  static std::string Rest(tcp::socket& socket) {
    std::string text;
    std::error_code end;
    asio::read(socket, asio::dynamic_buffer(text), end);
    return text;
  }
  std::string Ask(std::string_view text) {
    tcp::socket socket = Send(text);
    return Rest(socket);
  }

  TestClock clock_;
  spdlog::logger log_ = SilentLog();
  Gateway gateway_{clock_, log_, {}};
  ConnectionStats connections_;
  const GatewayMetrics metrics_{gateway_, connections_};
  asio::io_context loop_;
  std::unique_ptr<MetricsServer> server_;
};

TEST_F(MetricsServerTest, AnswersWithTheMetrics) {
  connections_.accepted = 3;
  EXPECT_THAT(Ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"),
                    HasSubstr("\r\nContent-Type: text/plain; version=0.0.4"),
                    HasSubstr("\nthespian_gateway_local_actors 0\n"),
                    HasSubstr("\nthespian_gateway_connections_accepted_total "
                              "3\n")));
}

TEST_F(MetricsServerTest, AQueryIsNoOtherPath) {
  EXPECT_THAT(Ask("GET /metrics?x=1 HTTP/1.1\r\n\r\n"),
              StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(MetricsServerTest, AHeadHasNoBody) {
  EXPECT_THAT(Ask("HEAD /metrics HTTP/1.1\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), EndsWith("\r\n\r\n")));
}

TEST_F(MetricsServerTest, RefusesWhatIsNoScrape) {
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Ask("POST /metrics HTTP/1.1\r\n\r\n"),
              StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(Ask("hello\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask("GET /metrics\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask(std::string(MetricsServer::kMostRequestBytes, 'x')),
              StartsWith("HTTP/1.1 431 "));
}

TEST_F(MetricsServerTest, HalfRequestsKeepNobodyFromAnAnswer) {
  std::vector<tcp::socket> slow;
  for (size_t i = 0; i < 2 * MetricsServer::kMostClients - 1; ++i) {
    slow.push_back(Send("GET /metrics HTTP/1.1\r\n"));
  }
  EXPECT_THAT(Ask("GET /metrics HTTP/1.1\r\n\r\n"),
              StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(Rest(slow.front()), "") << "the oldest made room";
}

TEST_F(MetricsServerTest, ARequestMayComeInPieces) {
  tcp::socket socket = Send("GET /metr");
  asio::write(socket, asio::buffer(std::string_view("ics HTTP/1.1\r")));
  asio::write(socket, asio::buffer(std::string_view("\n\r\n")));
  EXPECT_THAT(Rest(socket), StartsWith("HTTP/1.1 200 OK\r\n"));
}

}  // namespace
}  // namespace thespian::gateway
