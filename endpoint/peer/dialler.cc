#include "endpoint/peer/dialler.h"

#include <sys/socket.h>

#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/post.hpp>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "endpoint/error.h"
#include "endpoint/socket/tcp_options.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

using Places = std::vector<asio::generic::stream_protocol::endpoint>;

// "connection refused", as a part of a sentence.
std::string Words(int error) {
  switch (error) {
    case ECONNREFUSED:
      return "connection refused";
    case ENOENT:
      return "there is no such socket";
    case EAGAIN:
      return "too many wait to be accepted there";
    default:
      return std::system_category().message(error);
  }
}

absl::Status CantConnect(std::string why) {
  return MakeError(ErrorReason::kEndpointDown, std::move(why));
}

}  // namespace

absl::StatusOr<Places> PlacesOf(const Address& address) {
  if (const auto* name = std::get_if<UnixAddress>(&address)) {
    return Places{asio::local::stream_protocol::endpoint(
        name->abstract ? '\0' + name->name : name->name)};
  }
  const auto& tcp = std::get<TcpAddress>(address);
  if (tcp.host == kLocalhost) {
    return Places{
        asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), tcp.port),
        asio::ip::tcp::endpoint(asio::ip::address_v6::loopback(), tcp.port)};
  }
  std::error_code error;
  const asio::ip::address number = asio::ip::make_address(tcp.host, error);
  if (error) {
    return absl::InvalidArgumentError(fmt::format(
        "the name '{}' is not looked up: give the number of the host, or "
        "localhost",
        tcp.host));
  }
  return Places{asio::ip::tcp::endpoint(number, tcp.port)};
}

Dialler::Dialler(asio::io_context& loop, Done done,
                 std::chrono::milliseconds timeout)
    : loop_(loop),
      done_(std::move(done)),
      timeout_(timeout),
      timer_(loop, [this] {
        Finish(CantConnect(
            fmt::format("nobody answered within {} ms", timeout_.count())));
      }) {}

absl::Status Dialler::Begin(const Address& address) {
  absl::StatusOr<Places> places = PlacesOf(address);
  if (!places.ok()) return places.status();
  places_ = *std::move(places);
  next_ = 0;
  timer_.StartIn(timeout_);
  asio::post(loop_, [this, round = ++round_] {
    if (round == round_) TryNext();
  });
  return absl::OkStatus();
}

void Dialler::Cancel() {
  ++round_;
  timer_.Cancel();
  socket_ = nullptr;
}

void Dialler::TryNext() {
  while (next_ < places_.size()) {
    last_error_ = Attempt(places_[next_++]);
    if (last_error_ == EINPROGRESS) return AwaitAnswer();
    if (last_error_ == 0) return Finish(UniqueFd(socket_->release()));
  }
  Finish(CantConnect(Words(last_error_)));
}

int Dialler::Attempt(const Place& place) {
  const int family = place.protocol().family();
  UniqueFd fd(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return errno;
  SetTcpOptions(fd.get());
  const int result =
      connect(fd.get(), place.data(), static_cast<socklen_t>(place.size()));
  const int error = result == 0 ? 0 : errno;
  if (error != 0 && error != EINPROGRESS) return error;
  absl::StatusOr<Watched> watched = Watch(loop_, fd);
  if (!watched.ok()) return ENOMEM;
  socket_ = Share(*std::move(watched));
  return error;
}

void Dialler::AwaitAnswer() {
  socket_->async_wait(asio::posix::descriptor_base::wait_write,
                      [this, round = round_](const std::error_code& error) {
                        if (!error && round == round_) OnAnswer();
                      });
}

void Dialler::OnAnswer() {
  int error = 0;
  socklen_t size = sizeof(error);
  getsockopt(socket_->native_handle(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error == 0) return Finish(UniqueFd(socket_->release()));
  last_error_ = error;
  TryNext();
}

void Dialler::Finish(absl::StatusOr<UniqueFd> result) {
  Cancel();
  done_(std::move(result));
}

}  // namespace thespian::gateway
