#include "endpoint/transport/descriptor_stream.h"

#include <asio/post.hpp>
#include <cerrno>
#include <string>
#include <utility>

#include "endpoint/error.h"

namespace thespian::gateway {
namespace {

constexpr size_t kReadBytes = 256u << 10;

}  // namespace

DescriptorStream::DescriptorStream(asio::io_context& loop)
    : loop_(loop), broken_timer_(loop), memory_timer_(loop) {}

void DescriptorStream::Use(SharedDescriptor in, SharedDescriptor out) {
  in_ = std::move(in);
  in_fd_ = in_->native_handle();
  out_ = std::move(out);
}

// --- Reading ---------------------------------------------------------------

void DescriptorStream::Open(TransportEvents& events) {
  events_ = &events;
  reader_ = std::make_shared<PipeReader>(
      loop_, std::move(out_), kReadBytes,
      [this](std::string_view bytes) { events_->OnBytes(bytes); },
      [self = shared_from_this()] { self->OnOutputEnd(); },
      [self = shared_from_this()] { self->OnCutOff(); });
  events.OnOpened();
  reader_->Start();
  if (draining_) reader_->Drain();
}

void DescriptorStream::Drain() { DrainFor(PipeReader::kDrainTime); }

void DescriptorStream::DrainFor(std::chrono::milliseconds time) {
  draining_ = true;
  broken_timer_.cancel();
  if (reader_ != nullptr) reader_->Drain(time);
}

void DescriptorStream::OnOutputEnd() {
  reader_ = nullptr;
  broken_timer_.cancel();
  std::exchange(events_, nullptr)->OnEnded();
  AfterEnd();
}

// --- Writing ---------------------------------------------------------------

absl::StatusOr<size_t> DescriptorStream::Write(std::span<const iovec> pieces) {
  for (;;) {
    const ssize_t wrote = WriteTo(in_fd_, pieces);
    if (wrote >= 0) return static_cast<size_t>(wrote);
    short_ = errno == ENOMEM;
    if (errno == EAGAIN || short_) return 0;
    if (errno == EINTR) continue;
    const int error = errno;
    asio::post(loop_, [self = shared_from_this()] { self->OnBroken(); });
    return MakeError(ErrorReason::kEndpointDown, std::string(Describe(error)));
  }
}

// Most often the peer has died, and its last words are still to be read.
void DescriptorStream::OnBroken() {
  if (draining_ || events_ == nullptr) return;
  broken_timer_.expires_after(PipeReader::kDrainTime);
  broken_timer_.async_wait(
      [self = shared_from_this()](const std::error_code& error) {
        if (!error) self->OnStillBroken();
      });
}

void DescriptorStream::OnStillBroken() {
  if (!draining_ && events_ != nullptr) events_->OnInputClosed();
}

void DescriptorStream::AwaitRoom() {
  const bool memory = std::exchange(short_, false);
  asio::post(loop_, [self = shared_from_this(), memory] {
    if (self->in_ == nullptr) return;
    memory ? self->AwaitMemory() : self->AwaitPeer();
  });
}

void DescriptorStream::AwaitPeer() {
  in_->async_wait(Watched::wait_write,
                  [self = shared_from_this()](const std::error_code& error) {
                    if (error || self->events_ == nullptr) return;
                    self->events_->OnWritable();
                  });
}

// The peer itself may have had room all the time.
void DescriptorStream::AwaitMemory() {
  memory_timer_.expires_after(PipeReader::kShortageTime);
  memory_timer_.async_wait(
      [self = shared_from_this()](const std::error_code& error) {
        if (error || self->in_ == nullptr || self->events_ == nullptr) return;
        self->events_->OnWritable();
      });
}

void DescriptorStream::Close() {
  asio::post(loop_, [self = shared_from_this()] {
    if (self->in_ == nullptr) return;
    self->OnClose();
    self->in_ = nullptr;
    self->memory_timer_.cancel();
  });
}

}  // namespace thespian::gateway
