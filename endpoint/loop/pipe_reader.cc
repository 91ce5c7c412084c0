#include "endpoint/loop/pipe_reader.h"

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <memory>
#include <utility>

namespace thespian::gateway {

SharedDescriptor Share(Watched watched) {
  return std::make_shared<Watched>(std::move(watched));
}

PipeReader::PipeReader(asio::io_context& loop, SharedDescriptor pipe,
                       size_t read_bytes, OnBytes on_bytes, OnEnd on_end,
                       OnCutOff on_cut_off)
    : pipe_(std::move(pipe)),
      buffer_(std::make_unique_for_overwrite<char[]>(read_bytes)),
      read_bytes_(read_bytes),
      on_bytes_(std::move(on_bytes)),
      on_end_(std::move(on_end)),
      on_cut_off_(std::move(on_cut_off)),
      drain_timer_(loop),
      shortage_timer_(loop) {}

void PipeReader::Start() {
  if (pipe_ == nullptr) return;
  pipe_->async_read_some(
      asio::buffer(buffer_.get(), read_bytes_),
      [self = shared_from_this()](const std::error_code& error, size_t bytes) {
        if (self->pipe_ != nullptr) self->OnRead(error, bytes);
      });
}

void PipeReader::OnRead(const std::error_code& error, size_t bytes) {
  if (error == asio::error::no_memory) return TryAgainLater();
  if (error) return End();
  on_bytes_({buffer_.get(), bytes});
  Start();
}

void PipeReader::TryAgainLater() {
  shortage_timer_.expires_after(kShortageTime);
  shortage_timer_.async_wait(
      [self = shared_from_this()](const std::error_code& error) {
        if (!error) self->Start();
      });
}

void PipeReader::Drain(std::chrono::milliseconds time) {
  if (pipe_ == nullptr) return;
  const auto until = std::chrono::steady_clock::now() + time;
  if (std::exchange(draining_, true) && until >= drain_timer_.expiry()) return;
  drain_timer_.expires_at(until);
  drain_timer_.async_wait(
      [self = shared_from_this()](const std::error_code& error) {
        if (!error && self->pipe_ != nullptr) self->CutOff();
      });
}

void PipeReader::CutOff() {
  std::move(on_cut_off_)();
  End();
}

void PipeReader::End() {
  drain_timer_.cancel();
  shortage_timer_.cancel();
  // A writer that waits for room is cancelled with it, and misses nothing: the
  // peer is gone.
  std::error_code ignored;
  pipe_->cancel(ignored);
  pipe_ = nullptr;
  std::move(on_end_)();
}

}  // namespace thespian::gateway
