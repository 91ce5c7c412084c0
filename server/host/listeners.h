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

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/statusor.h"
#include "endpoint/log_throttle.h"
#include "endpoint/process/unique_fd.h"
#include "endpoint/socket/listening_sockets.h"
#include "endpoint/socket/peer_identity.h"
#include "server/host/connection_table.h"
#include "server/observe/connection_stats.h"
#include "spdlog/logger.h"

namespace thespian::gateway {

struct ListenerOptions {
  ConnectionTable::Limits connections;
  SocketFileOptions files;
};

class Listeners {
 public:
  // Takes a connection. False: there is no place for this peer, and the
  // connection is closed.
  using Serve = std::function<bool(UniqueFd, const PeerIdentity&)>;

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
  void Take(const Serve& serve, UniqueFd fd);
  void Log(std::string_view text);
  void SweepLater();

  spdlog::logger& log_;
  ConnectionStats& stats_;
  asio::io_context loop_{1};
  ConnectionTable table_;
  LogThrottle throttle_{std::chrono::seconds(1)};
  ListeningSockets sockets_;
  asio::steady_timer sweep_timer_{loop_};
  std::thread thread_;
};

}  // namespace thespian::gateway

#endif  // SERVER_HOST_LISTENERS_H_
