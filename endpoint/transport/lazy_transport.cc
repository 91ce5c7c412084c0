#include "endpoint/transport/lazy_transport.h"

namespace thespian::gateway {

// --- A peer comes ----------------------------------------------------------

void LazyTransport::Give(std::shared_ptr<Transport> real) {
  real_ = std::move(real);
  if (draining_) real_->Drain();
  if (Had(kClosed, kGiven)) real_->Close();
}

void LazyTransport::Open(TransportEvents& events) {
  real_->Open(events);
  if (Had(kAwaits, kOpen)) real_->AwaitRoom();
}

void LazyTransport::Drain() {
  draining_ = true;
  if (real_ != nullptr) real_->Drain();
}

// --- Whoever writes --------------------------------------------------------

absl::StatusOr<size_t> LazyTransport::Write(std::span<const iovec> pieces) {
  if ((word_.load(std::memory_order_acquire) & kOpen) != 0) {
    return real_->Write(pieces);
  }
  if (!Had(kWoken, kWoken)) wake_();
  return 0;
}

void LazyTransport::AwaitRoom() {
  if (Had(kOpen, kAwaits)) real_->AwaitRoom();
}

void LazyTransport::Close() {
  if (Had(kGiven, kClosed)) real_->Close();
}

}  // namespace thespian::gateway
