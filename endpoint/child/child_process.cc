#include "endpoint/child/child_process.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <asio/post.hpp>
#include <cerrno>
#include <csignal>
#include <utility>

#include "endpoint/child/exec_trampoline.h"
#include "endpoint/error.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

constexpr size_t kOutputReadBytes = 256u << 10;
constexpr size_t kErrorReadBytes = 16u << 10;
// How long a pipe that someone else still holds is read after the child ended.
constexpr std::chrono::milliseconds kDrainTime{500};

std::chrono::steady_clock::time_point Now() {
  return std::chrono::steady_clock::now();
}

ProcessExit ToProcessExit(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return {.code = info.si_status};
  return {.signal = info.si_status, .core_dumped = info.si_code == CLD_DUMPED};
}

}  // namespace

absl::StatusOr<std::shared_ptr<ChildProcess>> ChildProcess::Start(
    asio::io_context& loop, const ChildCommand& command, ChildEvents& events) {
  absl::StatusOr<SpawnedProcess> process =
      Spawn(command.trampoline, command.setup, command.arguments);
  if (!process.ok()) return process.status();
  auto child = std::make_shared<ChildProcess>(loop, command, events,
                                              *std::move(process));
  child->Listen();
  return child;
}

ChildProcess::ChildProcess(asio::io_context& loop, const ChildCommand& command,
                           ChildEvents& events, SpawnedProcess process)
    : loop_(loop),
      stop_grace_(command.stop_grace),
      events_(events),
      process_(std::move(process)),
      program_(command.arguments.front()),
      in_(loop, process_.in.Release()),
      in_fd_(in_.native_handle()),
      pidfd_(loop, process_.pidfd.Release()),
      exec_report_(loop, process_.exec_report.Release()),
      lines_(Now()),
      ladder_timer_(loop),
      drain_timer_(loop),
      broken_timer_(loop) {}

void ChildProcess::Listen() {
  auto self = shared_from_this();
  out_ = std::make_shared<PipeReader>(
      loop_, std::move(process_.out), kOutputReadBytes,
      [self](std::string_view bytes) { self->events_.OnOutput(bytes); },
      [self] {
        self->out_ended_ = true;
        self->events_.OnOutputEnd();
        self->EndIfDone();
      });
  err_ = std::make_shared<PipeReader>(
      loop_, std::move(process_.err), kErrorReadBytes,
      [self](std::string_view bytes) { self->OnErrorBytes(bytes); },
      [self] {
        self->OnErrorEnd();
        self->EndIfDone();
      });
  AwaitExecReport();
  AwaitProcessEnd();
}

void ChildProcess::OnErrorBytes(std::string_view bytes) {
  lines_.Feed(bytes, Now(), [this](std::string_view line, bool truncated) {
    events_.OnErrorLine(line, truncated);
  });
  if (const uint64_t lines = lines_.TakeSuppressed(); lines > 0) {
    events_.OnErrorLinesSuppressed(lines);
  }
}

void ChildProcess::OnErrorEnd() {
  lines_.Finish(Now(), [this](std::string_view line, bool truncated) {
    events_.OnErrorLine(line, truncated);
  });
  err_ended_ = true;
}

void ChildProcess::AwaitExecReport() {
  exec_report_.async_wait(
      asio::posix::descriptor_base::wait_read,
      [self = shared_from_this()](const std::error_code& error) {
        if (!error) self->TakeExecReport();
      });
}

void ChildProcess::TakeExecReport() {
  std::array<char, kMaxExecReportBytes> text{};
  const ssize_t got =
      read(exec_report_.native_handle(), text.data(), text.size());
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return AwaitExecReport();
  std::error_code ignored;
  exec_report_.close(ignored);
  exec_reported_ = true;
  if (got <= 0) {
    events_.OnRunning();
  } else {
    events_.OnExecFailed(
        ReadExecReport({text.data(), static_cast<size_t>(got)}, program_));
  }
  // Only now: what the program says comes after the news that it runs.
  out_->Start();
  err_->Start();
  EndIfDone();
}

void ChildProcess::AwaitProcessEnd() {
  pidfd_.async_wait(asio::posix::descriptor_base::wait_read,
                    [self = shared_from_this()](const std::error_code& error) {
                      if (!error) self->OnProcessEnd();
                    });
}

void ChildProcess::OnProcessEnd() {
  siginfo_t info{};
  const auto which = static_cast<id_t>(pidfd_.native_handle());
  if (waitid(P_PIDFD, which, &info, WEXITED | WNOWAIT | WNOHANG) != 0 ||
      info.si_pid == 0) {
    return AwaitProcessEnd();
  }
  // Until it is reaped, the group's number can't be anyone else's.
  SignalGroup(SIGKILL);
  waitid(P_PIDFD, which, &info, WEXITED);
  exit_ = ToProcessExit(info);
  std::error_code ignored;
  pidfd_.close(ignored);
  ladder_timer_.cancel();
  broken_timer_.cancel();
  drain_timer_.expires_after(kDrainTime);
  drain_timer_.async_wait(
      [self = shared_from_this()](const std::error_code& error) {
        if (!error) self->StopDraining();
      });
  EndIfDone();
}

void ChildProcess::StopDraining() {
  if (!out_ended_) {
    out_->Close();
    out_ended_ = true;
    events_.OnOutputEnd();
  }
  if (!err_ended_) {
    err_->Close();
    OnErrorEnd();
  }
  EndIfDone();
}

void ChildProcess::EndIfDone() {
  if (ended_ || !exit_.has_value() || !exec_reported_ || !out_ended_ ||
      !err_ended_) {
    return;
  }
  ended_ = true;
  drain_timer_.cancel();
  // The readers' callbacks hold this object; it may go now.
  auto out = std::move(out_);
  auto err = std::move(err_);
  events_.OnEnd(*exit_);
}

void ChildProcess::Stop(StopRung first) {
  if (exit_.has_value() || (rung_.has_value() && *rung_ >= first)) return;
  TakeRung(first);
}

void ChildProcess::TakeRung(StopRung rung) {
  rung_ = rung;
  switch (rung) {
    case StopRung::kWait:
      break;
    case StopRung::kTerminate:
      SignalGroup(SIGTERM);
      SignalGroup(SIGCONT);  // a stopped process would not see it
      break;
    case StopRung::kKill:
      SignalGroup(SIGKILL);
      // It may have left its group.
      syscall(SYS_pidfd_send_signal, pidfd_.native_handle(), SIGKILL,
              /*info=*/nullptr, /*flags=*/0);
      ladder_timer_.cancel();
      return;
  }
  ladder_timer_.expires_after(stop_grace_);
  ladder_timer_.async_wait(
      [self = shared_from_this(), rung](const std::error_code& error) {
        if (error || self->exit_.has_value()) return;
        self->TakeRung(rung == StopRung::kWait ? StopRung::kTerminate
                                               : StopRung::kKill);
      });
}

void ChildProcess::SignalGroup(int signal) { kill(-process_.pid, signal); }

absl::StatusOr<size_t> ChildProcess::Write(std::span<const iovec> pieces) {
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
void ChildProcess::OnBrokenPipe() {
  if (exit_.has_value()) return;
  broken_timer_.expires_after(kDrainTime);
  broken_timer_.async_wait(
      [self = shared_from_this()](const std::error_code& error) {
        if (!error && !self->exit_.has_value()) self->events_.OnInputClosed();
      });
}

bool ChildProcess::IsStopped() const {
  siginfo_t info{};
  if (exit_.has_value()) return false;
  return waitid(P_PID, static_cast<id_t>(process_.pid), &info,
                WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid != 0;
}

void ChildProcess::AwaitRoom() {
  asio::post(loop_, [self = shared_from_this()] {
    if (!self->in_.is_open()) return;
    self->in_.async_wait(asio::posix::descriptor_base::wait_write,
                         [self](const std::error_code& error) {
                           if (!error) self->events_.OnInputWritable();
                         });
  });
}

void ChildProcess::Close() {
  asio::post(loop_, [self = shared_from_this()] {
    std::error_code ignored;
    self->in_.close(ignored);
  });
}

}  // namespace thespian::gateway
