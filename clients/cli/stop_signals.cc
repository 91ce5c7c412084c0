#include "clients/cli/stop_signals.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <utility>

namespace thespian::gateway::cli {
namespace {

sigset_t BothSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

}  // namespace

StopSignals::StopSignals() {
  const sigset_t signals = BothSignals();
  pthread_sigmask(SIG_BLOCK, &signals, &old_mask_);
  fd_ = UniqueFd(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (fd() < 0) pthread_sigmask(SIG_SETMASK, &old_mask_, nullptr);
}

StopSignals::~StopSignals() {
  // Taken signals would otherwise end the process as soon as they may.
  signalfd_siginfo taken;
  while (fd() >= 0 && read(fd(), &taken, sizeof(taken)) > 0) {
  }
  pthread_sigmask(SIG_SETMASK, &old_mask_, nullptr);
}

Wakeup::Wakeup() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

// Neither can fail but for a counter that is full, or empty, already.
void Wakeup::Wake() {
  const uint64_t one = 1;
  while (write(fd(), &one, sizeof(one)) < 0 && errno == EINTR) {
  }
}

void Wakeup::Clear() {
  uint64_t count = 0;
  while (read(fd(), &count, sizeof(count)) < 0 && errno == EINTR) {
  }
}

OnStop::OnStop(int stop_fd, std::function<void()> stop)
    : stop_(std::move(stop)), thread_([this, stop_fd] { Wait(stop_fd); }) {}

OnStop::~OnStop() {
  leave_.Wake();
  thread_.join();
}

void OnStop::Wait(int stop_fd) {
  std::array<pollfd, 2> fds = {{
      {.fd = stop_fd, .events = POLLIN, .revents = 0},
      {.fd = leave_.fd(), .events = POLLIN, .revents = 0},
  }};
  while (poll(fds.data(), fds.size(), /*timeout=*/-1) < 0 && errno == EINTR) {
  }
  if (fds[0].revents == 0) return;
  stopped_ = true;
  stop_();
}

}  // namespace thespian::gateway::cli
