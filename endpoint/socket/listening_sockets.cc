#include "endpoint/socket/listening_sockets.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <asio/ip/tcp.hpp>
#include <asio/ip/v6_only.hpp>
#include <asio/local/stream_protocol.hpp>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <utility>

#include "fmt/format.h"

namespace thespian::gateway {
namespace {

// Then it is the others' turn.
constexpr int kAcceptedAtOnce = 64;
constexpr std::chrono::milliseconds kRetryAfter{50};

absl::Status CantListen(std::string_view address, std::string_view why) {
  return absl::AlreadyExistsError(
      fmt::format("can't listen on '{}': {}", address, why));
}

absl::Status CantListen(std::string_view address,
                        const std::error_code& error) {
  return CantListen(address, error.message());
}

UniqueFd OpenReserve() {
  return UniqueFd(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

// The connection is not to blame: there is no descriptor or no memory.
bool IsExhausted(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS ||
         error == ENOMEM;
}

int Accept(int listener) {
  return accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

// Whether some process listens there.
bool IsInUse(asio::io_context& loop,
             const asio::local::stream_protocol::endpoint& endpoint) {
  asio::local::stream_protocol::socket socket(loop);
  std::error_code error;
  socket.connect(endpoint, error);
  return !error || error == asio::error::try_again;
}

}  // namespace

ListeningSockets::ListeningSockets(asio::io_context& loop,
                                   const SocketFileOptions& files,
                                   Exhausted exhausted)
    : loop_(loop),
      files_(files),
      exhausted_(std::move(exhausted)),
      reserve_(OpenReserve()) {}

ListeningSockets::~ListeningSockets() { Close(); }

// --- Listening -------------------------------------------------------------

absl::StatusOr<std::string> ListeningSockets::Add(const std::string& address,
                                                  Take take) {
  const absl::StatusOr<Address> parsed = ParseAddress(address);
  if (!parsed.ok()) return parsed.status();
  if (const auto* tcp = std::get_if<TcpAddress>(&*parsed)) {
    return AddTcp(address, *tcp, std::move(take));
  }
  return AddUnix(address, std::get<UnixAddress>(*parsed), std::move(take));
}

absl::StatusOr<std::string> ListeningSockets::AddTcp(const std::string& address,
                                                     const TcpAddress& parsed,
                                                     Take take) {
  std::error_code error;
  asio::ip::tcp::resolver resolver(loop_);
  const auto found =
      resolver.resolve(parsed.host, std::to_string(parsed.port),
                       asio::ip::resolver_base::passive |
                           asio::ip::resolver_base::numeric_service,
                       error);
  if (error) return CantListen(address, error);
  uint16_t bound = 0;
  for (const auto& entry : found) {
    asio::ip::tcp::endpoint endpoint = entry.endpoint();
    // All addresses of a host get the port that the first one got.
    if (endpoint.port() == 0) endpoint.port(bound);
    error = Open(endpoint, take, "");
    if (error == asio::error::address_family_not_supported) continue;
    if (error) return CantListen(address, error);
    asio::ip::tcp::endpoint local;
    socklen_t size = static_cast<socklen_t>(local.capacity());
    getsockname(listeners_.back()->acceptor.native_handle(), local.data(),
                &size);
    bound = local.port();
  }
  if (bound == 0) return CantListen(address, error);
  return fmt::format("{}:{}", address.substr(0, address.rfind(':')), bound);
}

absl::StatusOr<std::string> ListeningSockets::AddUnix(
    const std::string& address, const UnixAddress& parsed, Take take) {
  const std::string path = parsed.abstract ? "" : parsed.name;
  const std::string name = parsed.abstract ? '\0' + parsed.name : parsed.name;
  const asio::local::stream_protocol::endpoint endpoint(name);
  if (IsInUse(loop_, endpoint)) return CantListen(address, "it is in use");
  // A file that a process left behind is in the way; one of another kind stays.
  struct stat status {};
  if (!path.empty() && lstat(path.c_str(), &status) == 0 &&
      S_ISSOCK(status.st_mode)) {
    unlink(path.c_str());
  }
  const std::error_code error = Open(endpoint, std::move(take), path);
  if (error) return CantListen(address, error);
  return address;
}

std::error_code ListeningSockets::Open(const Protocol::endpoint& endpoint,
                                       Take take, const std::string& path) {
  auto listener =
      std::make_shared<Listener>(Listener{.acceptor = Acceptor(loop_),
                                          .retry = asio::steady_timer(loop_),
                                          .take = std::move(take)});
  Acceptor& acceptor = listener->acceptor;
  std::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (error) return error;
  acceptor.set_option(Acceptor::reuse_address(true), error);
  acceptor.non_blocking(true, error);
  // An IPv6 wildcard serves IPv4, too, whatever the system's default is.
  if (endpoint.protocol().family() == AF_INET6) {
    acceptor.set_option(asio::ip::v6_only(false), error);
  }
  acceptor.bind(endpoint, error);
  if (error) return error;
  listener->path = path;
  if (!path.empty()) error = SetFile(path);
  if (!error) acceptor.listen(Acceptor::max_listen_connections, error);
  if (!error) {
    listeners_.push_back(std::move(listener));
  } else if (!path.empty()) {
    unlink(path.c_str());
  }
  return error;
}

// Before it listens: nobody can connect to it yet.
std::error_code ListeningSockets::SetFile(const std::string& path) const {
  if (files_.group.has_value() &&
      chown(path.c_str(), static_cast<uid_t>(-1), *files_.group) != 0) {
    return {errno, std::system_category()};
  }
  if (files_.mode.has_value() && chmod(path.c_str(), *files_.mode) != 0) {
    return {errno, std::system_category()};
  }
  return {};
}

// --- Accepting -------------------------------------------------------------

void ListeningSockets::Start() {
  for (const auto& listener : listeners_) Await(listener);
}

// What is still awaited of a listener holds it, and finds it closed.
void ListeningSockets::Close() {
  for (const auto& listener : listeners_) {
    std::error_code ignored;
    listener->acceptor.close(ignored);
    listener->retry.cancel(ignored);
    if (!listener->path.empty()) unlink(listener->path.c_str());
  }
  listeners_.clear();
}

void ListeningSockets::Await(const std::shared_ptr<Listener>& listener) {
  listener->acceptor.async_wait(Acceptor::wait_read,
                                [this, listener](const std::error_code& error) {
                                  if (!error && listener->acceptor.is_open())
                                    AcceptSome(listener);
                                });
}

void ListeningSockets::AcceptSome(const std::shared_ptr<Listener>& listener) {
  for (int i = 0; i < kAcceptedAtOnce && listener->acceptor.is_open(); ++i) {
    UniqueFd fd(Accept(listener->acceptor.native_handle()));
    if (fd.get() >= 0) {
      listener->take(std::move(fd));
    } else if (IsExhausted(errno)) {
      return RefuseOne(listener, errno);
    } else if (errno == EAGAIN) {
      break;
    }
    // Of the other errors, each is of one connection that has ended already.
  }
  if (listener->acceptor.is_open()) Await(listener);
}

void ListeningSockets::RefuseOne(const std::shared_ptr<Listener>& listener,
                                 int error) {
  exhausted_({error, std::system_category()});
  reserve_.Reset();
  UniqueFd(Accept(listener->acceptor.native_handle())).Reset();
  reserve_ = OpenReserve();
  listener->retry.expires_after(kRetryAfter);
  listener->retry.async_wait([this, listener](const std::error_code& stopped) {
    if (!stopped && listener->acceptor.is_open()) Await(listener);
  });
}

}  // namespace thespian::gateway
