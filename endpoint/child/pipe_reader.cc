#include "endpoint/child/pipe_reader.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace thespian::gateway {

PipeReader::PipeReader(asio::io_context& loop, UniqueFd fd, size_t read_bytes,
                       OnBytes on_bytes, OnEnd on_end)
    : pipe_(loop, fd.Release()),
      buffer_(read_bytes),
      on_bytes_(std::move(on_bytes)),
      on_end_(std::move(on_end)) {}

void PipeReader::Start() {
  if (!pipe_.is_open()) return;
  pipe_.async_wait(asio::posix::descriptor_base::wait_read,
                   [self = shared_from_this()](const std::error_code& error) {
                     if (!error && self->pipe_.is_open()) self->Read();
                   });
}

void PipeReader::Read() {
  const ssize_t got =
      read(pipe_.native_handle(), buffer_.data(), buffer_.size());
  if (got > 0) {
    on_bytes_({buffer_.data(), static_cast<size_t>(got)});
  } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
    Close();
    std::move(on_end_)();
    return;
  }
  Start();
}

void PipeReader::Close() {
  std::error_code ignored;
  pipe_.close(ignored);
}

}  // namespace thespian::gateway
