#include "tests/support/thespian_model/sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>

namespace thespian::gateway::model {
namespace {

constexpr std::string_view kUnix = "unix:";

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;  // 0: the text was none

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

// An abstract name is a zero byte and the name, and ends with its size.
SocketAddress UnixOf(std::string_view name) {
  SocketAddress address;
  auto* socket = reinterpret_cast<sockaddr_un*>(&address.storage);
  if (name.empty() || name.size() >= sizeof(socket->sun_path)) return address;
  socket->sun_family = AF_UNIX;
  std::copy(name.begin(), name.end(), socket->sun_path);
  const bool abstract = name.front() == '@';
  if (abstract) socket->sun_path[0] = '\0';
  address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) +
                                        name.size() + (abstract ? 0 : 1));
  return address;
}

SocketAddress Parse(std::string_view text) {
  if (text.starts_with(kUnix)) return UnixOf(text.substr(kUnix.size()));
  SocketAddress address;
  const size_t colon = text.rfind(':');
  if (colon == text.npos) return address;
  const std::string host(text.substr(0, colon));
  auto* socket = reinterpret_cast<sockaddr_in*>(&address.storage);
  socket->sin_family = AF_INET;
  socket->sin_port = htons(static_cast<uint16_t>(
      std::strtoul(std::string(text.substr(colon + 1)).c_str(), nullptr, 10)));
  if (inet_pton(AF_INET, host.c_str(), &socket->sin_addr) == 1) {
    address.size = sizeof(*socket);
  }
  return address;
}

// -1, with the errno of what went wrong.
int Closed(int fd) {
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

int OpenFor(const SocketAddress& address) {
  errno = EINVAL;
  return address.size == 0
             ? -1
             : socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

}  // namespace

int ConnectTo(std::string_view text) {
  SocketAddress address = Parse(text);
  const int fd = OpenFor(address);
  if (fd < 0) return -1;
  return connect(fd, address.get(), address.size) == 0 ? fd : Closed(fd);
}

int ListenOn(std::string_view text, std::string& bound) {
  SocketAddress address = Parse(text);
  const int fd = OpenFor(address);
  if (fd < 0) return -1;
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(fd, address.get(), address.size) != 0 || listen(fd, 64) != 0) {
    return Closed(fd);
  }
  bound = text;
  if (address.storage.ss_family == AF_INET) {
    sockaddr_in local{};
    socklen_t size = sizeof(local);
    getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size);
    bound = std::string(text.substr(0, text.rfind(':') + 1)) +
            std::to_string(ntohs(local.sin_port));
  }
  return fd;
}

}  // namespace thespian::gateway::model
