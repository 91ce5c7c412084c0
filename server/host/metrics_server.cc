#include "server/host/metrics_server.h"

#include <prometheus/text_serializer.h>

#include <asio/buffer.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>
#include <sstream>
#include <string_view>
#include <utility>

#include "fmt/format.h"

namespace thespian::gateway {
namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr char kTextType[] = "text/plain; charset=utf-8";
constexpr char kMetricsType[] = "text/plain; version=0.0.4; charset=utf-8";

std::string Response(std::string_view status, std::string_view type,
                     std::string_view body) {
  return fmt::format(
      "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n"
      "Connection: close\r\n\r\n{}",
      status, type, body.size(), body);
}

std::string Refusal(std::string_view status) {
  return Response(status, kTextType, fmt::format("{}\n", status));
}

// The words of a request's first line; empty if it has not three of them.
struct RequestLine {
  std::string_view method;
  std::string_view path;  // without a query
};

RequestLine Parse(std::string_view head) {
  const std::string_view line = head.substr(0, head.find("\r\n"));
  const size_t first = line.find(' ');
  const size_t second = line.rfind(' ');
  if (first == second || !line.substr(second + 1).starts_with("HTTP/1.")) {
    return {};
  }
  const std::string_view target = line.substr(first + 1, second - first - 1);
  return {.method = line.substr(0, first),
          .path = target.substr(0, target.find('?'))};
}

}  // namespace

// One connection: a request, an answer, the end.
class MetricsServer::Client : public std::enable_shared_from_this<Client> {
 public:
  using Socket = asio::generic::stream_protocol::socket;

  Client(MetricsServer& server, Socket socket)
      : server_(server),
        socket_(std::move(socket)),
        timer_(socket_.get_executor()) {}

  void Start(Clients::iterator place) {
    place_ = place;
    timer_.expires_after(kPatience);
    timer_.async_wait(
        [self = shared_from_this()](const std::error_code& error) {
          if (!error) self->Close();
        });
    Read();
  }

  // What it waits for ends with an error.
  void Close() {
    std::error_code ignored;
    socket_.close(ignored);
  }

 private:
  void Read() {
    const size_t size = request_.size();
    request_.resize(kMostRequestBytes);
    socket_.async_read_some(
        asio::buffer(request_.data() + size, request_.size() - size),
        [self = shared_from_this(), size](const std::error_code& error,
                                          size_t more) {
          self->request_.resize(size + more);
          self->OnRead(error);
        });
  }

  void OnRead(const std::error_code& error) {
    if (error) return End();
    if (request_.find(kEndOfHead) != std::string::npos) {
      answer_ = server_.Answer(request_);
    } else if (request_.size() >= kMostRequestBytes) {
      answer_ = Refusal("431 Request Header Fields Too Large");
    } else {
      return Read();
    }
    asio::async_write(socket_, asio::buffer(answer_),
                      [self = shared_from_this()](const std::error_code&,
                                                  size_t) { self->End(); });
  }

  void End() {
    timer_.cancel();
    Close();
    server_.clients_.erase(place_);
  }

  MetricsServer& server_;
  Socket socket_;
  asio::steady_timer timer_;
  Clients::iterator place_;
  std::string request_;
  std::string answer_;
};

MetricsServer::MetricsServer(const GatewayMetrics& metrics, spdlog::logger& log)
    : metrics_(metrics),
      listeners_({.connections = {.total = 2 * kMostClients}}, log, stats_) {}

MetricsServer::~MetricsServer() {
  listeners_.Stop();
  clients_.clear();  // whose sockets belong to the listeners' loop
}

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(
    const GatewayMetrics& metrics, const std::string& address,
    spdlog::logger& log) {
  std::unique_ptr<MetricsServer> server(new MetricsServer(metrics, log));
  absl::StatusOr<std::string> bound = server->listeners_.Add(
      address, [self = server.get()](UniqueFd fd, const PeerIdentity&) {
        self->Serve(std::move(fd));
        return true;
      });
  if (!bound.ok()) return bound.status();
  server->address_ = *std::move(bound);
  server->listeners_.Start();
  return server;
}

void MetricsServer::Serve(UniqueFd fd) {
  sockaddr_storage name{};
  socklen_t size = sizeof(name);
  getsockname(fd.get(), reinterpret_cast<sockaddr*>(&name), &size);
  Client::Socket socket(listeners_.loop());
  std::error_code error;
  socket.assign({name.ss_family, 0}, fd.get(), error);
  if (error) return;
  fd.Release();
  if (clients_.size() >= kMostClients) clients_.front()->Close();
  clients_.push_back(std::make_shared<Client>(*this, std::move(socket)));
  clients_.back()->Start(std::prev(clients_.end()));
}

std::string MetricsServer::Answer(std::string_view request) const {
  const RequestLine line = Parse(request);
  if (line.method.empty()) return Refusal("400 Bad Request");
  if (line.path != "/metrics") return Refusal("404 Not Found");
  if (line.method != "GET" && line.method != "HEAD") {
    return Refusal("405 Method Not Allowed");
  }
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, metrics_.Collect());
  std::string answer = Response("200 OK", kMetricsType, text.view());
  if (line.method == "HEAD") {
    answer.resize(answer.find(kEndOfHead) + kEndOfHead.size());
  }
  return answer;
}

}  // namespace thespian::gateway
