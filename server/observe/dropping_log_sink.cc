#include "server/observe/dropping_log_sink.h"

#include <poll.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "endpoint/lock_check.h"
#include "endpoint/wire/text.h"
#include "fmt/format.h"

namespace thespian::gateway {

namespace {

constexpr std::string_view kCutMark = " [cut]\n";

}  // namespace

bool DroppingLogSink::HasRoom() const {
  pollfd fd = {.fd = fd_, .events = POLLOUT};
  return poll(&fd, 1, /*timeout=*/0) == 1 && (fd.revents & POLLOUT) != 0;
}

void DroppingLogSink::Write(std::string_view line) const {
  [[maybe_unused]] const ssize_t written = write(fd_, line.data(), line.size());
}

void DroppingLogSink::sink_it_(const spdlog::details::log_msg& message) {
  AssertNoLockHeld();
  if (lost_ > 0 && HasRoom()) Write(LossLine(message));
  if (lost_ > 0 || !HasRoom()) {
    ++lost_;
    return;
  }
  spdlog::memory_buf_t text;
  formatter_->format(message, text);
  std::string_view line(text.data(), text.size());
  if (line.size() <= kMaxLineBytes) return Write(line);
  std::string cut(CutAtCodePoint(line, kMaxLineBytes - kCutMark.size()));
  Write(cut += kCutMark);
}

// Stands for the lines that were lost, in the form of the others.
std::string DroppingLogSink::LossLine(const spdlog::details::log_msg& model) {
  const std::string words = fmt::format(
      "{} lines were lost: nobody read the log", std::exchange(lost_, 0));
  spdlog::details::log_msg message = model;
  message.level = spdlog::level::warn;
  message.payload = words;
  spdlog::memory_buf_t text;
  formatter_->format(message, text);
  return {text.data(), text.size()};
}

}  // namespace thespian::gateway
