#include "endpoint/process/child_process.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "endpoint/process/exec_trampoline.h"
#include "endpoint/process/group_guard.h"

namespace thespian::gateway {
namespace {

constexpr size_t kErrorReadBytes = 16u << 10;

std::chrono::steady_clock::time_point Now() {
  return std::chrono::steady_clock::now();
}

ProcessExit ToProcessExit(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return {.code = info.si_status};
  return {.signal = info.si_status, .core_dumped = info.si_code == CLD_DUMPED};
}

}  // namespace

absl::StatusOr<ChildProcess::Started> ChildProcess::Start(
    asio::io_context& loop, const ChildCommand& command, PipeReserve& reserve,
    ProcessEvents& events) {
  absl::StatusOr<SpawnedProcess> spawned =
      Spawn(command.trampoline, command.setup, command.arguments, reserve);
  reserve.Fill();
  if (!spawned.ok()) return spawned.status();
  absl::StatusOr<Descriptors> watched = WatchAll(loop, *spawned);
  if (!watched.ok()) {
    KillAndReap(spawned->pid);
    return watched.status();
  }
  Started started = {.process = std::make_shared<ChildProcess>(
                         loop, command, events, spawned->pid, *watched),
                     .in = std::move(watched->in),
                     .out = std::move(watched->out)};
  started.process->Listen(std::move(watched->err));
  return started;
}

absl::StatusOr<ChildProcess::Descriptors> ChildProcess::WatchAll(
    asio::io_context& loop, SpawnedProcess& process) {
  Descriptors all = {Watched(loop), Watched(loop), Watched(loop), Watched(loop),
                     Watched(loop)};
  const std::array<std::pair<Watched*, UniqueFd*>, 5> pairs = {
      {{&all.pidfd, &process.pidfd},
       {&all.in, &process.in},
       {&all.out, &process.out},
       {&all.err, &process.err},
       {&all.exec_report, &process.exec_report}}};
  for (const auto& [to, from] : pairs) {
    absl::StatusOr<Watched> watched = Watch(loop, *from);
    if (!watched.ok()) return watched.status();
    *to = *std::move(watched);
  }
  return all;
}

ChildProcess::ChildProcess(asio::io_context& loop, const ChildCommand& command,
                           ProcessEvents& events, pid_t pid,
                           Descriptors& descriptors)
    : loop_(loop),
      stop_grace_(command.stop_grace),
      events_(events),
      pid_(pid),
      program_(command.arguments.front()),
      guard_(command.guard),
      pidfd_(std::move(descriptors.pidfd)),
      exec_report_(std::move(descriptors.exec_report)),
      lines_(Now()),
      suppressed_timer_(loop),
      ladder_timer_(loop) {}

void ChildProcess::Listen(Watched err) {
  if (guard_ != nullptr) guard_->Add(pid_);
  err_ = std::make_shared<PipeReader>(
      loop_, Share(std::move(err)), kErrorReadBytes,
      [this](std::string_view bytes) { OnErrorBytes(bytes); },
      [self = shared_from_this()] { self->OnErrorEnd(); });
  AwaitExecReport();
  AwaitProcessEnd();
}

// --- Its program -----------------------------------------------------------

void ChildProcess::AwaitExecReport() {
  exec_report_.async_wait(
      Watched::wait_read,
      [self = shared_from_this()](const std::error_code& error) {
        if (!error) self->TakeExecReport();
      });
}

void ChildProcess::TakeExecReport() {
  std::array<char, kMaxExecReportBytes> text{};
  const ssize_t got =
      read(exec_report_.native_handle(), text.data(), text.size());
  if (got < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOMEM)) {
    return AwaitExecReport();
  }
  std::error_code ignored;
  exec_report_.close(ignored);
  if (got <= 0) {
    events_.OnRunning();
  } else {
    events_.OnExecFailed(
        ReadExecReport({text.data(), static_cast<size_t>(got)}, program_));
  }
  // Only now: what the program says comes after the news that it runs.
  if (err_ != nullptr) err_->Start();
  EndIfDone();
}

// --- What it writes to its stderr ------------------------------------------

void ChildProcess::OnErrorBytes(std::string_view bytes) {
  lines_.Feed(bytes, Now(), [this](std::string_view line, bool truncated) {
    events_.OnErrorLine(line, truncated);
  });
  if (suppressed_awaited_ || !lines_.has_suppressed()) return;
  suppressed_awaited_ = true;
  suppressed_timer_.expires_after(kSuppressedPeriod);
  suppressed_timer_.async_wait(
      [self = shared_from_this()](const std::error_code& error) {
        if (error) return;
        self->suppressed_awaited_ = false;
        self->ReportSuppressed();
      });
}

// The end of stderr may have come before the timer's turn.
void ChildProcess::ReportSuppressed() {
  const uint64_t lines = lines_.TakeSuppressed();
  if (lines > 0) events_.OnErrorLinesSuppressed(lines);
}

void ChildProcess::OnErrorEnd() {
  lines_.Finish(Now(), [this](std::string_view line, bool truncated) {
    events_.OnErrorLine(line, truncated);
  });
  suppressed_timer_.cancel();
  ReportSuppressed();
  err_ = nullptr;
  EndIfDone();
}

// --- Its end ---------------------------------------------------------------

void ChildProcess::AwaitProcessEnd() {
  pidfd_.async_wait(Watched::wait_read,
                    [self = shared_from_this()](const std::error_code& error) {
                      if (!error) self->OnProcessEnd();
                    });
}

void ChildProcess::OnProcessEnd() {
  siginfo_t info{};
  const auto which = static_cast<id_t>(pidfd_.native_handle());
  if (waitid(P_PIDFD, which, &info, WEXITED | WNOWAIT | WNOHANG) == 0) {
    if (info.si_pid == 0) return AwaitProcessEnd();
    // Until it is reaped, the group's number can't be anyone else's.
    SignalGroup(SIGKILL);
    LeaveGuard();
    while (waitid(P_PIDFD, which, &info, WEXITED) != 0 && errno == EINTR) {
    }
    exit_ = ToProcessExit(info);
  } else if (errno == ECHILD) {
    // Someone else has reaped it: with SIGCHLD ignored, the system.
    LeaveGuard();
    exit_ = ProcessExit{};
  } else {
    return AwaitProcessEnd();
  }
  std::error_code ignored;
  pidfd_.close(ignored);
  ladder_timer_.cancel();
  if (err_ != nullptr) err_->Drain();
  events_.OnReaped();
  EndIfDone();
}

void ChildProcess::EndIfDone() {
  if (!exit_.has_value() || exec_report_.is_open() || err_ != nullptr) return;
  events_.OnEnd(*exit_);
}

bool ChildProcess::IsStopped() const {
  siginfo_t info{};
  if (exit_.has_value()) return false;
  return waitid(P_PID, static_cast<id_t>(pid_), &info,
                WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid != 0;
}

// --- The stop ladder -------------------------------------------------------

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
      // Also if its group is not what it was.
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

void ChildProcess::SignalGroup(int signal) { kill(-pid_, signal); }

void ChildProcess::LeaveGuard() {
  if (guard_ != nullptr) guard_->Remove(pid_);
}

}  // namespace thespian::gateway
