#include "endpoint/transport/child_stdio.h"

#include <asio/post.hpp>
#include <cerrno>
#include <string_view>
#include <utility>

#include "endpoint/error.h"

namespace thespian::gateway {

namespace {

constexpr size_t kReadBytes = 256u << 10;

}  // namespace

ChildStdio::ChildStdio(asio::io_context& loop, UniqueFd in, UniqueFd out)
    : loop_(loop),
      in_(loop, in.Release()),
      in_fd_(in_.native_handle()),
      out_fd_(std::move(out)),
      broken_timer_(loop) {}

void ChildStdio::Open(TransportEvents& events) {
  events_ = &events;
  out_ = std::make_shared<PipeReader>(
      loop_, std::move(out_fd_), kReadBytes,
      [this](std::string_view bytes) { events_->OnBytes(bytes); },
      [self = shared_from_this()] { self->OnOutputEnd(); });
  events.OnOpened();
  out_->Start();
  if (draining_) out_->Drain();
}

void ChildStdio::Drain() {
  draining_ = true;
  broken_timer_.cancel();
  if (out_ != nullptr) out_->Drain();
}

void ChildStdio::OnOutputEnd() {
  out_ = nullptr;
  broken_timer_.cancel();
  std::exchange(events_, nullptr)->OnEnded();
}

absl::StatusOr<size_t> ChildStdio::Write(std::span<const iovec> pieces) {
  for (;;) {
    const ssize_t wrote =
        writev(in_fd_, pieces.data(), static_cast<int>(pieces.size()));
    if (wrote >= 0) return static_cast<size_t>(wrote);
    if (errno == EAGAIN) return 0;
    if (errno == EINTR) continue;
    const int error = errno;
    asio::post(loop_, [self = shared_from_this()] { self->OnBrokenPipe(); });
    return MakeError(ErrorReason::kEndpointDown,
                     error == EPIPE ? "the child has closed its stdin"
                                    : "the child's stdin can't be written");
  }
}

// Most often the child has died, and its last words are still to be read.
void ChildStdio::OnBrokenPipe() {
  if (draining_ || events_ == nullptr) return;
  broken_timer_.expires_after(PipeReader::kDrainTime);
  broken_timer_.async_wait(
      [self = shared_from_this()](const std::error_code& error) {
        if (!error) self->OnStillBroken();
      });
}

void ChildStdio::OnStillBroken() {
  if (!draining_ && events_ != nullptr) events_->OnInputClosed();
}

void ChildStdio::AwaitRoom() {
  asio::post(loop_, [self = shared_from_this()] {
    if (!self->in_.is_open()) return;
    self->in_.async_wait(asio::posix::descriptor_base::wait_write,
                         [self](const std::error_code& error) {
                           if (error || self->events_ == nullptr) return;
                           self->events_->OnWritable();
                         });
  });
}

void ChildStdio::Close() {
  asio::post(loop_, [self = shared_from_this()] {
    std::error_code ignored;
    self->in_.close(ignored);
  });
}

}  // namespace thespian::gateway
