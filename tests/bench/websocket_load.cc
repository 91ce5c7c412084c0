#include "tests/bench/websocket_load.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <string>

#include "endpoint/check.h"
#include "tests/bench/sample.h"

namespace thespian::gateway::bench {
namespace {

namespace beast = boost::beast;
using boost::asio::ip::tcp;
using Clock = std::chrono::steady_clock;

constexpr size_t kLineBytes = 64;

// A blocking client. Whoever sends more than the connection's buffers hold
// without receiving waits for ever: a few hundred kilobytes.
class LineClient {
 public:
  // Returns when the first line has come back.
  explicit LineClient(uint16_t port) {
    boost::system::error_code error;
    tcp::socket& socket = stream_.next_layer();
    socket.connect({boost::asio::ip::address_v4::loopback(), port}, error);
    Check(!error, "the WebSocket server takes connections");
    socket.set_option(tcp::no_delay(true));
    stream_.handshake("127.0.0.1", "/", error);
    Check(!error, "the WebSocket server shakes hands");
    stream_.secure_prng(false);
    stream_.text(true);
    Send();
    Receive();
  }

  void Send() {
    boost::system::error_code error;
    stream_.write(boost::asio::buffer(line_), error);
    Check(!error, "the WebSocket server reads");
  }

  void Receive() {
    boost::system::error_code error;
    const size_t size = stream_.read(received_, error);
    Check(!error && size == kLineBytes, "the WebSocket server answers");
    received_.clear();
  }

 private:
  boost::asio::io_context context_;
  beast::websocket::stream<tcp::socket> stream_{context_};
  beast::flat_buffer received_;
  const std::string line_ = std::string(kLineBytes, 'x');
};

// Keeps the window full.
class Flow {
 public:
  Flow(uint16_t port, size_t batch, size_t window)
      : client_(port), batch_(batch), window_(window) {}

  // Returns how many came back.
  uint64_t Run(std::chrono::nanoseconds duration) {
    const Clock::time_point end = Clock::now() + duration;
    uint64_t echoes = 0;
    while (Clock::now() < end) {
      if (on_way_ + batch_ <= window_) SendBatch();
      client_.Receive();
      --on_way_;
      ++echoes;
    }
    return echoes;
  }

  // websocketd trips over a client that leaves before its messages are back.
  void Rest() {
    for (; on_way_ > 0; --on_way_) client_.Receive();
  }

 private:
  void SendBatch() {
    for (size_t i = 0; i < batch_; ++i) client_.Send();
    on_way_ += batch_;
  }

  LineClient client_;
  const size_t batch_;
  const size_t window_;
  size_t on_way_ = 0;
};

}  // namespace

double WebSocketRate(uint16_t port, size_t batch, size_t window,
                     std::chrono::nanoseconds duration) {
  constexpr int kWarmUpShare = 5;
  Flow flow(port, batch, window);
  flow.Run(duration / kWarmUpShare);
  const Clock::time_point start = Clock::now();
  const auto echoes = static_cast<double>(flow.Run(duration));
  const std::chrono::duration<double> took = Clock::now() - start;
  flow.Rest();
  return echoes / took.count();
}

std::vector<double> WebSocketTimes(uint16_t port, int count) {
  LineClient client(port);
  return TimesOf(count, [&client] {
    client.Send();
    client.Receive();
  });
}

}  // namespace thespian::gateway::bench
