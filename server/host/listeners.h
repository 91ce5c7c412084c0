// Listens for connections and hands them to gRPC: as many as there may be, and
// without ever giving up. (gRPC 1.51's own listener never accepts again once it
// has met the limit of descriptors.)
//
// Ownership: owns the listening sockets, their socket files and a thread. An
//   accepted descriptor is the Serve function's.
// Threads:   one of its own, which accepts and calls Serve; Add, Start and Stop
//   are the owner's; stats is safe from any thread.
// Errors:    Add names the address and says what is wrong with it. What goes
//   wrong while it accepts is logged, at most once a second, and counted.
// Memory:    a row for each connection.
#ifndef SERVER_HOST_LISTENERS_H_
#define SERVER_HOST_LISTENERS_H_

#include <asio/basic_socket_acceptor.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "endpoint/log_throttle.h"
#include "endpoint/process/unique_fd.h"
#include "server/host/address.h"
#include "server/host/connection_table.h"
#include "server/observe/connection_stats.h"
#include "spdlog/logger.h"

namespace thespian::gateway {

struct ListenerOptions {
  ConnectionTable::Limits connections;
  // Of the files of Unix sockets; null: as the umask and the process have it.
  std::optional<mode_t> socket_mode;
  std::optional<gid_t> socket_group;
};

class Listeners {
 public:
  // Takes a connection.
  using Serve = std::function<void(UniqueFd)>;

  Listeners(const ListenerOptions& options, spdlog::logger& log,
            ConnectionStats& stats);
  ~Listeners();
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  // Listens on `address` (see address.h); a host may have several addresses.
  // Connections wait until Start. Returns the address with the port that the
  // system chose.
  absl::StatusOr<std::string> Add(const std::string& address, Serve serve);

  // Of the thread that accepts, for who wants to serve there.
  asio::io_context& loop() { return loop_; }

  // Accepts from now on.
  void Start();
  // Accepts no more, and removes its socket files. Once.
  void Stop();

 private:
  using Protocol = asio::generic::stream_protocol;
  using Acceptor = asio::basic_socket_acceptor<Protocol>;

  struct Listener {
    Acceptor acceptor;
    asio::steady_timer retry;
    Serve serve;
    std::string path;  // of its socket file; empty: it has none
  };

  absl::StatusOr<std::string> AddTcp(const std::string& address,
                                     const TcpAddress& parsed, Serve serve);
  absl::StatusOr<std::string> AddUnix(const std::string& address,
                                      const UnixAddress& parsed, Serve serve);
  // Binds and listens.
  std::error_code Open(const Protocol::endpoint& endpoint, Serve serve,
                       const std::string& path);
  std::error_code SetFile(const std::string& path) const;

  void Await(Listener& listener);
  void AcceptSome(Listener& listener);
  void Take(Listener& listener, UniqueFd fd);
  // There is no descriptor, or no memory, for another connection.
  void RefuseOne(Listener& listener, int error);
  void Log(std::string_view text);
  void SweepLater();

  const ListenerOptions options_;
  spdlog::logger& log_;
  ConnectionStats& stats_;
  asio::io_context loop_{1};
  ConnectionTable table_;
  LogThrottle throttle_{std::chrono::seconds(1)};
  // Given up for a moment to take, and close, a connection when no other
  // descriptor is left: whoever waits for it learns at once.
  UniqueFd reserve_;
  asio::steady_timer sweep_timer_{loop_};
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::thread thread_;
};

}  // namespace thespian::gateway

#endif  // SERVER_HOST_LISTENERS_H_
