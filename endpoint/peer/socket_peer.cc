#include "endpoint/peer/socket_peer.h"

#include <asio/post.hpp>
#include <utility>

#include "endpoint/socket/address.h"

namespace thespian::gateway {

SocketPeer::SocketPeer(asio::io_context& loop, std::string address,
                       std::chrono::milliseconds stop_grace, PeerEvents& events)
    : loop_(loop),
      address_(std::move(address)),
      stop_grace_(stop_grace),
      events_(events),
      dialler_(
          loop,
          [this](absl::StatusOr<UniqueFd> fd) { OnConnected(std::move(fd)); }),
      grace_timer_(loop, [this] { stream_->Abort(); }) {}

SocketPeer::SocketPeer(asio::io_context& loop, AcceptedPeer accepted,
                       std::chrono::milliseconds stop_grace, PeerEvents& events)
    : SocketPeer(loop, std::string(), stop_grace, events) {
  accepted_ = std::move(accepted);
}

// --- A run begins ----------------------------------------------------------

absl::StatusOr<std::shared_ptr<Transport>> SocketPeer::Begin() {
  absl::Status begun = BeginConnecting();
  if (!begun.ok()) return begun;
  phase_ = Phase::kConnecting;
  stream_ = std::make_shared<SocketStream>(loop_, [this] { End(); });
  return stream_;
}

absl::Status SocketPeer::BeginConnecting() {
  if (accepted_.has_value()) {
    asio::post(loop_, [this] {
      if (phase_ == Phase::kConnecting) OnConnected(std::move(accepted_->fd));
    });
    return absl::OkStatus();
  }
  const absl::StatusOr<Address> address = ParseAddress(address_);
  return address.ok() ? dialler_.Begin(*address) : address.status();
}

void SocketPeer::OnConnected(absl::StatusOr<UniqueFd> fd) {
  if (!fd.ok()) return Fail(fd.status(), /*shortage=*/false);
  const absl::Status status = stream_->Connected(*std::move(fd));
  if (!status.ok()) return Fail(status, /*shortage=*/true);
  phase_ = Phase::kConnected;
  events_.OnPeerReady();
}

void SocketPeer::Fail(const absl::Status& why, bool shortage) {
  events_.OnPeerFailed(why, shortage);
  End();
}

// --- A run ends ------------------------------------------------------------

void SocketPeer::Stop(StopRung first) {
  if (phase_ == Phase::kConnecting) {
    dialler_.Cancel();
    return End();
  }
  if (phase_ != Phase::kConnected) return;
  if (first != StopRung::kWait) return stream_->Abort();
  if (!grace_timer_.running()) grace_timer_.StartIn(stop_grace_);
}

void SocketPeer::End() {
  phase_ = Phase::kOver;
  grace_timer_.Cancel();
  events_.OnPeerEnded(std::nullopt);
}

void SocketPeer::Forget() {
  phase_ = Phase::kNone;
  stream_ = nullptr;
  accepted_.reset();
}

}  // namespace thespian::gateway
