#include "endpoint/loop/pipe_reader.h"

#include <asio/buffer.hpp>
#include <utility>

namespace thespian::gateway {

PipeReader::PipeReader(asio::io_context& loop, UniqueFd fd, size_t read_bytes,
                       OnBytes on_bytes, OnEnd on_end)
    : pipe_(loop, fd.Release()),
      buffer_(read_bytes),
      on_bytes_(std::move(on_bytes)),
      on_end_(std::move(on_end)),
      drain_timer_(loop) {}

void PipeReader::Start() {
  if (!pipe_.is_open()) return;
  pipe_.async_read_some(
      asio::buffer(buffer_),
      [self = shared_from_this()](const std::error_code& error, size_t bytes) {
        if (self->pipe_.is_open()) self->OnRead(error, bytes);
      });
}

void PipeReader::OnRead(const std::error_code& error, size_t bytes) {
  if (error) return End();
  on_bytes_({buffer_.data(), bytes});
  Start();
}

void PipeReader::Drain() {
  if (!pipe_.is_open()) return;
  drain_timer_.expires_after(kDrainTime);
  drain_timer_.async_wait(
      [self = shared_from_this()](const std::error_code& error) {
        if (!error && self->pipe_.is_open()) self->End();
      });
}

void PipeReader::End() {
  drain_timer_.cancel();
  std::error_code ignored;
  pipe_.close(ignored);
  std::move(on_end_)();
}

}  // namespace thespian::gateway
