// Sockets that listen, on somebody's loop: connections are accepted without
// ever giving up, whatever the limit of descriptors.
//
// Ownership: owns the listening sockets and their socket files. An accepted
//   descriptor is the Take function's.
// Threads:   Add, Start and Close are the owner's: Add before Start, Close when
//   the loop does not run or on it. The callbacks are called on the loop.
// Errors:    Add names the address and says what is wrong with it. While it
//   accepts, a lack of descriptors or memory is told by Exhausted.
// Memory:    a listener for each address.
#ifndef ENDPOINT_SOCKET_LISTENING_SOCKETS_H_
#define ENDPOINT_SOCKET_LISTENING_SOCKETS_H_

#include <sys/types.h>

#include <asio/basic_socket_acceptor.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "absl/status/statusor.h"
#include "endpoint/process/unique_fd.h"
#include "endpoint/socket/address.h"

namespace thespian::gateway {

// Of the files of Unix sockets; null: as the umask and the process have it.
struct SocketFileOptions {
  std::optional<mode_t> mode;
  std::optional<gid_t> group;
};

class ListeningSockets {
 public:
  // Takes a connection: non-blocking, close-on-exec.
  using Take = std::function<void(UniqueFd)>;
  // A connection was closed for want of something, which the error names.
  using Exhausted = std::function<void(const std::error_code&)>;

  ListeningSockets(asio::io_context& loop, const SocketFileOptions& files,
                   Exhausted exhausted);
  ~ListeningSockets();
  ListeningSockets(const ListeningSockets&) = delete;
  ListeningSockets& operator=(const ListeningSockets&) = delete;

  // Listens on `address` (see address.h); a host may have several addresses,
  // and a name is looked up. Connections wait until Start. Returns the address
  // with the port that the system chose.
  absl::StatusOr<std::string> Add(const std::string& address, Take take);

  // Accepts from now on, while the loop runs.
  void Start();
  // Accepts no more, and removes the socket files.
  void Close();

 private:
  using Protocol = asio::generic::stream_protocol;
  using Acceptor = asio::basic_socket_acceptor<Protocol>;

  struct Listener {
    Acceptor acceptor;
    asio::steady_timer retry;
    Take take;
    std::string path;  // of its socket file; empty: it has none
  };

  absl::StatusOr<std::string> AddTcp(const std::string& address,
                                     const TcpAddress& parsed, Take take);
  absl::StatusOr<std::string> AddUnix(const std::string& address,
                                      const UnixAddress& parsed, Take take);
  // Binds and listens.
  std::error_code Open(const Protocol::endpoint& endpoint, Take take,
                       const std::string& path);
  std::error_code SetFile(const std::string& path) const;

  void Await(const std::shared_ptr<Listener>& listener);
  void AcceptSome(const std::shared_ptr<Listener>& listener);
  // There is no descriptor, or no memory, for another connection.
  void RefuseOne(const std::shared_ptr<Listener>& listener, int error);

  asio::io_context& loop_;
  const SocketFileOptions files_;
  const Exhausted exhausted_;
  // Given up for a moment to take, and close, a connection when no other
  // descriptor is left: whoever waits for it learns at once.
  UniqueFd reserve_;
  std::vector<std::shared_ptr<Listener>> listeners_;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_SOCKET_LISTENING_SOCKETS_H_
