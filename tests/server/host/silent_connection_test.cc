// Connections that bring nothing.
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>
#include <string>

#include "endpoint/gateway.h"
#include "gmock/gmock.h"
#include "server/host/gateway_server.h"
#include "tests/support/silent_log.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_clock.h"

namespace thespian::gateway {
namespace {

using asio::ip::tcp;
using std::chrono::milliseconds;

class SilentConnectionTest : public ::testing::Test {
 protected:
  // A server with these times, and a connection to it.
  tcp::socket Connect(milliseconds handshake, milliseconds idle) {
    auto server =
        GatewayServer::Start(gateway_, access_,
                             {.listen = {{.addresses = {"127.0.0.1:0"}}},
                              .handshake_time = handshake,
                              .connection_idle_time = idle},
                             log_);
    EXPECT_THAT(server, IsOk());
    server_ = *std::move(server);
    const std::string& address = server_->addresses().front();
    const int port = std::stoi(address.substr(address.rfind(':') + 1));
    tcp::socket socket(loop_);
    socket.connect({asio::ip::address_v4::loopback(),
                    static_cast<asio::ip::port_type>(port)});
    return socket;
  }
  static std::error_code ReadToTheEnd(tcp::socket& socket) {
    std::string text;
    std::error_code error;
    asio::read(socket, asio::dynamic_buffer(text), error);
    return error;
  }

  TestClock clock_;
  spdlog::logger log_ = SilentLog();
  AccessControl access_{clock_, nullptr, {}};
  Gateway gateway_{clock_, log_, {}};
  asio::io_context loop_;
  std::unique_ptr<GatewayServer> server_;
};

TEST_F(SilentConnectionTest, OneThatSaysNothingIsEnded) {
  tcp::socket socket = Connect(milliseconds(100), std::chrono::hours(1));
  EXPECT_EQ(ReadToTheEnd(socket), asio::error::eof);
}

TEST_F(SilentConnectionTest, OneThatBringsNoRequestIsEnded) {
  tcp::socket socket = Connect(std::chrono::hours(1), milliseconds(100));
  constexpr char kSettings[] = "\0\0\0\4\0\0\0\0\0";
  asio::write(socket,
              asio::buffer(std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") +
                           std::string(kSettings, 9)));
  EXPECT_EQ(ReadToTheEnd(socket), asio::error::eof);
}

}  // namespace
}  // namespace thespian::gateway
