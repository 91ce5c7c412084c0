#include "server/host/process_setup.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace thespian::gateway {
namespace {

// Else what is opened next would be taken for one of them. Without /dev/null
// something that can be neither read nor written keeps the number.
void OpenStandardDescriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (syscall(SYS_fcntl, fd, F_GETFD) >= 0 || errno != EBADF) continue;
    if (syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR) < 0) {
      syscall(SYS_openat, AT_FDCWD, "/", O_PATH);
    }
  }
}

// Before the libraries' constructors, which open descriptors. Sanitizers are
// not ready then: system calls alone.
[[gnu::section(".preinit_array"),
  gnu::used]] void (*const kBeforeLibraries)() = OpenStandardDescriptors;

// Handlers do not outlive an exec: one that is set is a sanitizer's.
void ResetSignals() {
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction action {};
    if (sigaction(signal, nullptr, &action) != 0 ||
        action.sa_handler != SIG_IGN) {
      continue;
    }
    action.sa_handler = SIG_DFL;
    sigaction(signal, &action, nullptr);
  }
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace

void PrepareProcess() {
  ResetSignals();
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread yet.
  if (std::getenv(kDumpableVariable) == nullptr) prctl(PR_SET_DUMPABLE, 0);
}

std::optional<uint64_t> RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return before;
}

}  // namespace thespian::gateway
