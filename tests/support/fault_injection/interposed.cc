// The system calls of spawn and of the pipes, each of which fails as the rules
// say (fault_rules.h) and does what it does otherwise.
//
// Calls that everybody uses are counted only where they concern a pipe without
// a name other than stdout and stderr, or a pidfd: gRPC's sockets, the log and
// files are left alone.
#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <string_view>

#include "tests/support/fault_injection/fault_rules.h"

namespace thespian::gateway {
namespace {

template <typename Function>
Function* Next(Function*, const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

bool IsOfKind(int fd, std::string_view kind) {
  std::array<char, 64> path{};
  std::array<char, 64> target{};
  std::snprintf(path.data(), path.size(), "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(path.data(), target.data(), target.size());
  return size > 0 && std::string_view(target.data(), static_cast<size_t>(size))
                         .starts_with(kind);
}

// asio's pipe for signals, the only one that is made by pipe(). It takes whole
// numbers for granted, as it may: the system gives what was written at once.
std::atomic<int> g_signal_pipe[2] = {-1, -1};

bool IsPipe(int fd) {
  if (fd == g_signal_pipe[0] || fd == g_signal_pipe[1]) return false;
  return fd != STDOUT_FILENO && fd != STDERR_FILENO && IsOfKind(fd, "pipe:");
}

bool IsOurs(int fd) { return IsPipe(fd) || IsOfKind(fd, "anon_inode:[pidfd]"); }

// The fault of a call that concerns `fd`, if that is one of ours.
int FaultOf(const char* call, int fd, bool (*is_meant)(int) = IsPipe) {
  const int before = errno;
  if (!HasFaultsFor(call) || !is_meant(fd)) {
    errno = before;
    return kNoFault;
  }
  errno = before;
  return NextFault(call);
}

int FaultOf(const char* call) {
  return HasFaultsFor(call) ? NextFault(call) : kNoFault;
}

int Fail(int error) {
  errno = error;
  return -1;
}

const char* NameOf(int command) {
  switch (command) {
    case F_GETFL:
      return "F_GETFL";
    case F_SETFL:
      return "F_SETFL";
    case F_SETPIPE_SZ:
      return "F_SETPIPE_SZ";
    case F_DUPFD_CLOEXEC:
      return "F_DUPFD_CLOEXEC";
    default:
      return "fcntl";
  }
}

}  // namespace
}  // namespace thespian::gateway

using thespian::gateway::Fail;
using thespian::gateway::FaultOf;
using thespian::gateway::IsOurs;
using thespian::gateway::kShortFault;
using thespian::gateway::NameOf;
using thespian::gateway::Next;

extern "C" {

int pipe(int* fds) noexcept {
  static auto* const next = Next(&pipe, "pipe");
  const int result = next(fds);
  if (result == 0) {
    thespian::gateway::g_signal_pipe[0] = fds[0];
    thespian::gateway::g_signal_pipe[1] = fds[1];
  }
  return result;
}

int pipe2(int* fds, int flags) noexcept {
  static auto* const next = Next(&pipe2, "pipe2");
  if (const int fault = FaultOf("pipe2")) return Fail(fault);
  return next(fds, flags);
}

int fcntl(int fd, int command, ...) {
  static auto* const next = Next(&fcntl, "fcntl");
  va_list list;
  va_start(list, command);
  void* const argument = va_arg(list, void*);
  va_end(list);
  if (const int fault = FaultOf(NameOf(command), fd)) return Fail(fault);
  return next(fd, command, argument);
}

int posix_spawn(pid_t* pid, const char* path,
                const posix_spawn_file_actions_t* actions,
                const posix_spawnattr_t* attributes, char* const* arguments,
                char* const* environment) {
  static auto* const next = Next(&posix_spawn, "posix_spawn");
  if (const int fault = FaultOf("posix_spawn")) return fault;
  return next(pid, path, actions, attributes, arguments, environment);
}

int execve(const char* path, char* const* arguments,
           char* const* environment) noexcept {
  static auto* const next = Next(&execve, "execve");
  if (const int fault = FaultOf("execve")) return Fail(fault);
  return next(path, arguments, environment);
}

long syscall(long number, ...) noexcept {
  static auto* const next = Next(&syscall, "syscall");
  va_list list;
  va_start(list, number);
  std::array<long, 6> a{};
  for (long& one : a) one = va_arg(list, long);
  va_end(list);
  if (number == SYS_pidfd_open) {
    if (const int fault = FaultOf("pidfd_open")) return Fail(fault);
  }
  return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int epoll_ctl(int epoll, int operation, int fd, epoll_event* event) noexcept {
  static auto* const next = Next(&epoll_ctl, "epoll_ctl");
  if (operation == EPOLL_CTL_ADD) {
    if (const int fault = FaultOf("epoll_ctl", fd, IsOurs)) return Fail(fault);
  }
  return next(epoll, operation, fd, event);
}

int epoll_wait(int epoll, epoll_event* events, int most, int timeout) {
  static auto* const next = Next(&epoll_wait, "epoll_wait");
  if (const int fault = FaultOf("epoll_wait")) return Fail(fault);
  return next(epoll, events, most, timeout);
}

ssize_t read(int fd, void* buffer, size_t size) {
  static auto* const next = Next(&read, "read");
  const int fault = size == 0 ? 0 : FaultOf("read", fd);
  if (fault > 0) return Fail(fault);
  return next(fd, buffer, fault == kShortFault ? 1 : size);
}

ssize_t write(int fd, const void* buffer, size_t size) {
  static auto* const next = Next(&write, "write");
  const int fault = size == 0 ? 0 : FaultOf("write", fd);
  if (fault > 0) return Fail(fault);
  return next(fd, buffer, fault == kShortFault ? 1 : size);
}

ssize_t readv(int fd, const iovec* pieces, int count) {
  static auto* const next = Next(&readv, "readv");
  const int fault = FaultOf("readv", fd);
  if (fault > 0) return Fail(fault);
  if (fault == kShortFault) return read(fd, pieces[0].iov_base, 1);
  return next(fd, pieces, count);
}

ssize_t writev(int fd, const iovec* pieces, int count) {
  static auto* const next = Next(&writev, "writev");
  const int fault = FaultOf("writev", fd);
  if (fault > 0) return Fail(fault);
  if (fault == kShortFault) return write(fd, pieces[0].iov_base, 1);
  return next(fd, pieces, count);
}

int waitid(idtype_t kind, id_t id, siginfo_t* info, int options) {
  static auto* const next = Next(&waitid, "waitid");
  if (kind == P_PIDFD) {
    if (const int fault = FaultOf("waitid")) return Fail(fault);
  }
  return next(kind, id, info, options);
}

pid_t waitpid(pid_t pid, int* status, int options) {
  static auto* const next = Next(&waitpid, "waitpid");
  if (const int fault = FaultOf("waitpid")) return Fail(fault);
  return next(pid, status, options);
}

// The system closes the descriptor whatever it answers.
int close(int fd) {
  static auto* const next = Next(&close, "close");
  const int fault = FaultOf("close", fd, IsOurs);
  const int result = next(fd);
  return fault > 0 ? Fail(fault) : result;
}

int accept4(int fd, sockaddr* address, socklen_t* size, int flags) {
  static auto* const next = Next(&accept4, "accept4");
  if (const int fault = FaultOf("accept4")) return Fail(fault);
  return next(fd, address, size, flags);
}

}  // extern "C"
