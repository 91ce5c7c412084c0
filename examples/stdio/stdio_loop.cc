#include "examples/stdio/stdio_loop.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "examples/stdio/log.h"
#include "fmt/format.h"

namespace thespian::gateway::stdio {
namespace {

constexpr size_t kReadBytes = 256u << 10;
constexpr int kForEver = -1;

absl::Status Failed(std::string_view what) {
  return absl::UnavailableError(
      fmt::format("{}: {}", what, std::system_category().message(errno)));
}

// Nothing could be done this time; the next turn tries again.
bool Transient() {
  return errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK;
}

absl::Status MakeNonBlocking(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0) {
    return absl::OkStatus();
  }
  return Failed("fcntl of stdout");
}

}  // namespace

StdioLoop::StdioLoop(Descriptors fds, Now now, FrameHandler& handler,
                     Outbox& outbox)
    : fds_(fds),
      now_(std::move(now)),
      handler_(handler),
      outbox_(outbox),
      buffer_(kReadBytes) {}

absl::Status StdioLoop::Run() {
  absl::Status status = MakeNonBlocking(fds_.out);
  while (status.ok() && !done()) status = Turn();
  return status;
}

absl::Status StdioLoop::Turn() {
  // A negative descriptor is one that poll leaves alone.
  std::array<pollfd, 3> ready{
      pollfd{reading() ? fds_.in : -1, POLLIN, 0},
      pollfd{outbox_.empty() ? -1 : fds_.out, POLLOUT, 0},
      pollfd{going() ? handler_.wake_fd() : -1, POLLIN, 0}};
  if (poll(ready.data(), ready.size(), PollTimeout()) < 0 && !Transient()) {
    return Failed("poll");
  }
  if (ready[0].revents != 0) {
    if (absl::Status status = Read(); !status.ok()) return status;
  }
  if (ready[2].revents != 0) handler_.OnWake();
  if (going()) handler_.Tick(now_());
  return outbox_.empty() ? absl::OkStatus() : Write();
}

int StdioLoop::PollTimeout() const {
  const std::optional<TimePoint> due = handler_.next_due();
  if (!due || !going()) return kForEver;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*due - now_());
  return static_cast<int>(std::max<int64_t>(0, left.count()));
}

absl::Status StdioLoop::Read() {
  const ssize_t size = read(fds_.in, buffer_.data(), buffer_.size());
  if (size < 0) return Transient() ? absl::OkStatus() : Failed("read of stdin");
  if (size == 0) return EndInput();
  return Take({buffer_.data(), static_cast<size_t>(size)});
}

absl::Status StdioLoop::EndInput() {
  input_ended_ = true;
  if (absl::Status status = decoder_.Finish(); !status.ok()) return status;
  outbox_.TransportError("stdin_closed");
  return absl::OkStatus();
}

absl::Status StdioLoop::Take(std::string_view bytes) {
  const TimePoint now = now_();
  const auto on_frame = [&](std::string_view content) {
    const absl::StatusOr<Message> message = DecodeMessage(content);
    if (message.ok()) handler_.Handle(*message, now);
    return message.status();
  };
  const auto on_skip = [](uint64_t size) {
    Log(fmt::format("skipped a frame of {} bytes", size));
    return absl::OkStatus();
  };
  return decoder_.Feed(bytes, on_frame, on_skip);
}

absl::Status StdioLoop::Write() {
  const std::string_view bytes = outbox_.waiting();
  const ssize_t size = write(fds_.out, bytes.data(), bytes.size());
  if (size < 0) {
    return Transient() ? absl::OkStatus() : Failed("write to stdout");
  }
  outbox_.Written(static_cast<size_t>(size));
  return absl::OkStatus();
}

}  // namespace thespian::gateway::stdio
