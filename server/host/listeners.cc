#include "server/host/listeners.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <asio/ip/tcp.hpp>
#include <asio/ip/v6_only.hpp>
#include <asio/local/stream_protocol.hpp>
#include <cerrno>
#include <utility>

#include "fmt/format.h"

namespace thespian::gateway {
namespace {

// Then it is the others' turn.
constexpr int kAcceptedAtOnce = 64;
constexpr std::chrono::milliseconds kRetryAfter{50};
constexpr std::chrono::seconds kSweepEvery{1};
// As gRPC's own sockets have it: how long sent bytes may stay unacknowledged.
constexpr int kUserTimeoutMs = 10'000;

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

Peer PeerOf(int fd) {
  asio::ip::tcp::endpoint remote;
  socklen_t size = static_cast<socklen_t>(remote.capacity());
  if (getpeername(fd, remote.data(), &size) == 0 &&
      (remote.data()->sa_family == AF_INET ||
       remote.data()->sa_family == AF_INET6)) {
    return {.address = remote.address().to_string()};
  }
  ucred credentials{};
  size = sizeof(credentials);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return {};
  }
  return {.pid = credentials.pid, .uid = credentials.uid};
}

// Some of the process's descriptors are kept for other things than connections:
// pipes, sockets of watchers, files.
ConnectionTable::Limits Fitting(ConnectionTable::Limits limits) {
  constexpr size_t kKept = 256;
  rlimit descriptors{};
  getrlimit(RLIMIT_NOFILE, &descriptors);
  const size_t most = descriptors.rlim_cur;
  limits.total =
      std::min(limits.total, most > 2 * kKept ? most - kKept : most / 2);
  return limits;
}

// They do not concern a Unix socket, which refuses them.
void SetTcpOptions(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUserTimeoutMs,
             sizeof(kUserTimeoutMs));
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

Listeners::Listeners(const ListenerOptions& options, spdlog::logger& log,
                     ConnectionStats& stats)
    : options_(options),
      log_(log),
      stats_(stats),
      table_(Fitting(options.connections)),
      reserve_(OpenReserve()) {}

Listeners::~Listeners() { Stop(); }

// --- Listening -------------------------------------------------------------

absl::StatusOr<std::string> Listeners::Add(const std::string& address,
                                           Serve serve) {
  const absl::StatusOr<Address> parsed = ParseAddress(address);
  if (!parsed.ok()) return parsed.status();
  if (const auto* tcp = std::get_if<TcpAddress>(&*parsed)) {
    return AddTcp(address, *tcp, std::move(serve));
  }
  return AddUnix(address, std::get<UnixAddress>(*parsed), std::move(serve));
}

absl::StatusOr<std::string> Listeners::AddTcp(const std::string& address,
                                              const TcpAddress& parsed,
                                              Serve serve) {
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
    error = Open(endpoint, serve, "");
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

absl::StatusOr<std::string> Listeners::AddUnix(const std::string& address,
                                               const UnixAddress& parsed,
                                               Serve serve) {
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
  const std::error_code error = Open(endpoint, std::move(serve), path);
  if (error) return CantListen(address, error);
  return address;
}

std::error_code Listeners::Open(const Protocol::endpoint& endpoint, Serve serve,
                                const std::string& path) {
  auto listener =
      std::make_unique<Listener>(Listener{.acceptor = Acceptor(loop_),
                                          .retry = asio::steady_timer(loop_),
                                          .serve = std::move(serve)});
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
std::error_code Listeners::SetFile(const std::string& path) const {
  if (options_.socket_group.has_value() &&
      chown(path.c_str(), static_cast<uid_t>(-1), *options_.socket_group) !=
          0) {
    return {errno, std::system_category()};
  }
  if (options_.socket_mode.has_value() &&
      chmod(path.c_str(), *options_.socket_mode) != 0) {
    return {errno, std::system_category()};
  }
  return {};
}

// --- Accepting -------------------------------------------------------------

void Listeners::Start() {
  for (const auto& listener : listeners_) Await(*listener);
  SweepLater();
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "accept");
    loop_.run();
  });
}

void Listeners::Stop() {
  loop_.stop();
  if (thread_.joinable()) thread_.join();
  for (const auto& listener : listeners_) {
    if (!listener->path.empty()) unlink(listener->path.c_str());
  }
  listeners_.clear();
}

void Listeners::Await(Listener& listener) {
  listener.acceptor.async_wait(Acceptor::wait_read,
                               [this, &listener](const std::error_code& error) {
                                 if (!error) AcceptSome(listener);
                               });
}

void Listeners::AcceptSome(Listener& listener) {
  for (int i = 0; i < kAcceptedAtOnce; ++i) {
    UniqueFd fd(Accept(listener.acceptor.native_handle()));
    if (fd.get() >= 0) {
      Take(listener, std::move(fd));
    } else if (IsExhausted(errno)) {
      return RefuseOne(listener, errno);
    } else if (errno == EAGAIN) {
      break;
    }
    // Of the other errors, each is of one connection that has ended already.
  }
  Await(listener);
}

void Listeners::Take(Listener& listener, UniqueFd fd) {
  const ConnectionTable::Limits& limits = table_.limits();
  Peer peer = PeerOf(fd.get());
  const std::string address = peer.address;
  switch (table_.Admit(fd.get(), std::move(peer))) {
    case ConnectionTable::Verdict::kAdmitted:
      break;
    case ConnectionTable::Verdict::kTooMany:
      ++stats_.refused_total;
      return Log(
          fmt::format("there are {} connections, as many as "
                      "max-connections allows",
                      limits.total));
    case ConnectionTable::Verdict::kTooManyOfAddress:
      ++stats_.refused_address;
      return Log(
          fmt::format("{} has {} connections, as many as "
                      "max-connections-per-address allows",
                      address, limits.per_address));
  }
  ++stats_.accepted;
  stats_.open = table_.size();
  SetTcpOptions(fd.get());
  listener.serve(std::move(fd));
}

void Listeners::RefuseOne(Listener& listener, int error) {
  ++stats_.refused_descriptors;
  Log(std::error_code(error, std::system_category()).message());
  reserve_.Reset();
  UniqueFd(Accept(listener.acceptor.native_handle())).Reset();
  reserve_ = OpenReserve();
  listener.retry.expires_after(kRetryAfter);
  listener.retry.async_wait([this, &listener](const std::error_code& stopped) {
    if (!stopped) Await(listener);
  });
}

void Listeners::Log(std::string_view text) {
  const auto held_back = throttle_.Admit(std::chrono::steady_clock::now());
  if (!held_back.has_value()) return;
  log_.warn("connections are refused: {} ({} more since the last such line)",
            text, *held_back);
}

void Listeners::SweepLater() {
  sweep_timer_.expires_after(kSweepEvery);
  sweep_timer_.async_wait([this](const std::error_code& error) {
    if (error) return;
    table_.Sweep();
    stats_.open = table_.size();
    SweepLater();
  });
}

}  // namespace thespian::gateway
