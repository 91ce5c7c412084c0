#include "clients/cli/check/child_conversation.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "endpoint/process/exec_trampoline.h"
#include "endpoint/wire/cbor_head.h"
#include "endpoint/wire/diagnosis.h"
#include "fmt/format.h"

namespace thespian::gateway::cli {
namespace {

using std::chrono::steady_clock;

constexpr size_t kReadBytes = 65'536;
constexpr size_t kMostKeptBytes = 64u << 20;
constexpr size_t kMostErrorBytes = 8'192;
constexpr std::chrono::seconds kPartingPatience{1};

// For poll: rounded up, so that it does not return before the deadline.
int MillisUntil(Deadline deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(
      deadline - steady_clock::now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, 86'400'000));
}

bool IsReady(int fd, Deadline deadline) {
  pollfd one{fd, POLLIN, 0};
  return poll(&one, 1, MillisUntil(deadline)) > 0;
}

// Reads once; closes `fd` at its end. Empty: nothing is there.
std::string_view ReadSome(UniqueFd& fd, std::array<char, kReadBytes>& buffer) {
  const ssize_t size = read(fd.get(), buffer.data(), buffer.size());
  if (size > 0) return {buffer.data(), static_cast<size_t>(size)};
  if (size == 0 || (errno != EAGAIN && errno != EINTR)) fd.Reset();
  return {};
}

absl::Status SilentInside(std::string_view frame) {
  return absl::DataLossError(
      fmt::format("it is silent inside a frame, {} bytes after its start; {}",
                  frame.size(), DescribeBytes(frame, "")));
}

}  // namespace

std::string ChildEnd::text() const {
  if (!by_signal) return fmt::format("exit code {}", number);
  return fmt::format("signal {} ({})", number, sigdescr_np(number));
}

absl::StatusOr<std::unique_ptr<ChildConversation>> ChildConversation::Start(
    const std::string& trampoline, const std::vector<std::string>& command,
    Deadline deadline) {
  absl::StatusOr<SpawnedProcess> process = Spawn(trampoline, {}, command);
  if (!process.ok()) return process.status();
  std::unique_ptr<ChildConversation> conversation(
      new ChildConversation(*std::move(process)));
  absl::Status status = conversation->AwaitExec(command[0], deadline);
  if (!status.ok()) return status;
  return conversation;
}

absl::Status ChildConversation::AwaitExec(const std::string& program,
                                          Deadline deadline) {
  std::string report;
  std::array<char, kReadBytes> buffer;
  while (process_.exec_report.get() >= 0) {
    if (!IsReady(process_.exec_report.get(), deadline)) {
      return absl::DeadlineExceededError(
          fmt::format("'{}' does not start", program));
    }
    report += ReadSome(process_.exec_report, buffer);
  }
  return report.empty() ? absl::OkStatus() : ReadExecReport(report, program);
}

ChildConversation::~ChildConversation() {
  if (end_.has_value()) return;
  CloseStdin();
  (void)AwaitEnd(steady_clock::now() + kPartingPatience);
  if (end_.has_value()) return;
  kill(-process_.pid, SIGKILL);
  (void)Reap();
}

absl::Status ChildConversation::Step(Deadline deadline) {
  const bool reads = kept_bytes_ + unframed_.size() < kMostKeptBytes;
  std::array<pollfd, 4> ready{
      pollfd{unsent_.empty() ? -1 : process_.in.get(), POLLOUT, 0},
      pollfd{reads ? process_.out.get() : -1, POLLIN, 0},
      pollfd{process_.err.get(), POLLIN, 0},
      pollfd{exited_ ? -1 : process_.pidfd.get(), POLLIN, 0}};
  const int count = poll(ready.data(), ready.size(), MillisUntil(deadline));
  if (count < 0 && errno != EINTR) return absl::ErrnoToStatus(errno, "poll");
  if (count == 0) return absl::DeadlineExceededError("nothing came in time");
  if (count < 0) return absl::OkStatus();
  if (ready[0].revents != 0) WriteSome();
  if (ready[1].revents != 0) ReadOutput();
  if (ready[2].revents != 0) ReadErrors();
  if (ready[3].revents != 0) Drain();
  return absl::OkStatus();
}

void ChildConversation::WriteSome() {
  const ssize_t size = write(process_.in.get(), unsent_.data(), unsent_.size());
  if (size >= 0) return unsent_.remove_prefix(static_cast<size_t>(size));
  if (errno != EAGAIN && errno != EINTR) process_.in.Reset();
}

void ChildConversation::ReadOutput() {
  std::array<char, kReadBytes> buffer;
  const std::string_view bytes = ReadSome(process_.out, buffer);
  if (output_status_.ok()) {
    unframed_ += bytes;
    output_status_ = decoder_.Feed(
        bytes, [this](std::string_view content) { return KeepFrame(content); },
        [](uint64_t size) {
          return absl::DataLossError(
              fmt::format("a frame announces {} bytes", size));
        });
  }
  if (process_.out.get() >= 0) return;
  output_status_.Update(decoder_.Finish());
  output_status_.Update(absl::OutOfRangeError("its stdout has ended"));
}

absl::Status ChildConversation::KeepFrame(std::string_view content) {
  Head head;
  if (ReadHead(unframed_, head) != HeadStatus::kOk) {
    return absl::DataLossError("a frame's head can't be read");
  }
  frames_.push_back({.head = unframed_.substr(0, head.size - content.size()),
                     .content = std::string(content)});
  kept_bytes_ += head.size;
  unframed_.erase(0, head.size);
  return absl::OkStatus();
}

void ChildConversation::ReadErrors() {
  std::array<char, kReadBytes> buffer;
  errors_ += ReadSome(process_.err, buffer);
  if (errors_.size() > kMostErrorBytes) {
    errors_.erase(0, errors_.size() - kMostErrorBytes);
  }
}

void ChildConversation::Drain() {
  exited_ = true;
  const Deadline now = steady_clock::now();
  while (process_.out.get() >= 0 && kept_bytes_ < kMostKeptBytes &&
         IsReady(process_.out.get(), now)) {
    ReadOutput();
  }
  while (process_.err.get() >= 0 && IsReady(process_.err.get(), now)) {
    ReadErrors();
  }
}

absl::Status ChildConversation::Write(std::string_view bytes,
                                      Deadline deadline) {
  unsent_ = bytes;
  absl::Status status;
  while (status.ok() && !unsent_.empty()) {
    status = process_.in.get() < 0
                 ? absl::UnavailableError("its stdin is closed")
                 : Step(deadline);
  }
  unsent_ = {};
  return status;
}

absl::Status ChildConversation::KeepWritesApart(bool apart) {
  const int flags = fcntl(process_.in.get(), F_GETFL);
  const int wanted = apart ? flags | O_DIRECT : flags & ~O_DIRECT;
  if (flags >= 0 && fcntl(process_.in.get(), F_SETFL, wanted) == 0) {
    return absl::OkStatus();
  }
  return absl::ErrnoToStatus(errno, "fcntl");
}

absl::StatusOr<Frame> ChildConversation::Next(Deadline deadline) {
  while (frames_.empty()) {
    if (!output_status_.ok()) return output_status_;
    // A process that it has left behind may hold its stdout.
    if (exited_) return absl::OutOfRangeError("it has ended");
    absl::Status status = Step(deadline);
    if (absl::IsDeadlineExceeded(status) && !unframed_.empty()) {
      return SilentInside(unframed_);
    }
    if (!status.ok()) return status;
  }
  Frame frame = std::move(frames_.front());
  frames_.pop_front();
  kept_bytes_ -= frame.head.size() + frame.content.size();
  return frame;
}

absl::StatusOr<ChildEnd> ChildConversation::AwaitEnd(Deadline deadline) {
  while (!exited_) {
    absl::Status status = Step(deadline);
    if (!status.ok()) return status;
  }
  absl::Status status = Reap();
  if (!status.ok()) return status;
  return *end_;
}

absl::Status ChildConversation::Reap() {
  if (end_.has_value()) return absl::OkStatus();
  siginfo_t info{};
  const auto id = static_cast<id_t>(process_.pid);
  if (waitid(P_PID, id, &info, WEXITED | WNOWAIT) != 0) {
    return absl::ErrnoToStatus(errno, "waitid");
  }
  // Not reaped yet: the group's number is still its own.
  kill(-process_.pid, SIGKILL);
  waitid(P_PID, id, &info, WEXITED);
  end_ = ChildEnd{.by_signal = info.si_code != CLD_EXITED,
                  .number = info.si_status};
  return absl::OkStatus();
}

std::string_view ChildConversation::last_error_line() const {
  std::string_view text = errors_;
  while (text.ends_with('\n')) text.remove_suffix(1);
  const size_t newline = text.rfind('\n');
  return newline == text.npos ? text : text.substr(newline + 1);
}

}  // namespace thespian::gateway::cli
