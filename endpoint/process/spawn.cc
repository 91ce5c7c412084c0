#include "endpoint/process/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <utility>

#include "endpoint/process/exec_trampoline.h"

namespace thespian::gateway {
namespace {

absl::Status SystemError(int error, const char* what) {
  return absl::ErrnoToStatus(error, what);
}

absl::StatusOr<Pipe> MakePipe() {
  std::array<int, 2> fds{};
  if (pipe2(fds.data(), O_CLOEXEC) != 0) {
    return SystemError(errno, "can't make a pipe");
  }
  return Pipe{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// As large as the system lets a pipe be; a small one works too.
void Enlarge(int fd) {
  std::ifstream file("/proc/sys/fs/pipe-max-size");
  int bytes = 0;
  if (file >> bytes) fcntl(fd, F_SETPIPE_SZ, bytes);
}

// Ours alone is non-blocking: the child expects ordinary descriptors. The
// flag belongs to the end of the pipe, not to the pipe.
absl::Status MakeNonBlocking(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0) {
    return absl::OkStatus();
  }
  return SystemError(errno, "can't make a pipe non-blocking");
}

// A descriptor that a dup2 of the plan writes to must not be one that a later
// dup2 reads from: keep all of ours above.
absl::Status MoveAboveTargets(SpawnPipes& pipes) {
  for (Pipe* pipe : {&pipes.in, &pipes.out, &pipes.err, &pipes.exec_report}) {
    for (UniqueFd* end : {&pipe->read_end, &pipe->write_end}) {
      if (end->get() > kExecReportFd) continue;
      const int moved = fcntl(end->get(), F_DUPFD_CLOEXEC, kExecReportFd + 1);
      if (moved < 0) return SystemError(errno, "can't move a descriptor");
      *end = UniqueFd(moved);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<SpawnPipes> MakePipes() {
  SpawnPipes pipes;
  for (Pipe* pipe : {&pipes.in, &pipes.out, &pipes.err, &pipes.exec_report}) {
    absl::StatusOr<Pipe> made = MakePipe();
    if (!made.ok()) return made.status();
    *pipe = *std::move(made);
  }
  Enlarge(pipes.in.write_end.get());
  Enlarge(pipes.out.read_end.get());
  for (const UniqueFd* ours :
       {&pipes.in.write_end, &pipes.out.read_end, &pipes.err.read_end,
        &pipes.exec_report.read_end}) {
    absl::Status status = MakeNonBlocking(ours->get());
    if (!status.ok()) return status;
  }
  absl::Status moved = MoveAboveTargets(pipes);
  if (!moved.ok()) return moved;
  return pipes;
}

// posix_spawn's two lists of what is to be done in the child.
class SpawnPlan {
 public:
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  int Fill(const SpawnPipes& pipes) {
    const std::array<std::pair<int, int>, 4> moves = {
        {{pipes.in.read_end.get(), STDIN_FILENO},
         {pipes.out.write_end.get(), STDOUT_FILENO},
         {pipes.err.write_end.get(), STDERR_FILENO},
         {pipes.exec_report.write_end.get(), kExecReportFd}}};
    for (const auto& [from, to] : moves) {
      const int error = posix_spawn_file_actions_adddup2(&actions_, from, to);
      if (error != 0) return error;
    }
    const int error =
        posix_spawn_file_actions_addclosefrom_np(&actions_, kExecReportFd + 1);
    return error != 0 ? error : FillAttributes();
  }

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  int FillAttributes() {
    sigset_t all;
    sigset_t none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    // A session of its own has no terminal into which it could type.
    return posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF |
                                                      POSIX_SPAWN_SETSIGMASK |
                                                      POSIX_SPAWN_SETSID);
  }

  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

void CloseTheChilds(SpawnPipes& pipes) {
  for (UniqueFd* fd : {&pipes.in.read_end, &pipes.out.write_end,
                       &pipes.err.write_end, &pipes.exec_report.write_end}) {
    fd->Reset();
  }
}

std::vector<char*> Pointers(std::vector<std::string>& arguments) {
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

void PipeReserve::Fill() {
  if (pipes_.has_value()) return;
  absl::StatusOr<SpawnPipes> made = MakePipes();
  if (made.ok()) pipes_ = *std::move(made);
}

absl::StatusOr<SpawnPipes> PipeReserve::Take() {
  if (!pipes_.has_value()) return MakePipes();
  return *std::exchange(pipes_, std::nullopt);
}

bool IsShortage(const absl::Status& failure) {
  return absl::IsResourceExhausted(failure) || absl::IsUnavailable(failure);
}

void KillAndReap(pid_t pid) {
  kill(-pid, SIGKILL);
  kill(pid, SIGKILL);
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

absl::StatusOr<SpawnedProcess> Spawn(const std::string& trampoline,
                                     const ChildSetup& setup,
                                     const std::vector<std::string>& command) {
  PipeReserve none;
  return Spawn(trampoline, setup, command, none);
}

absl::StatusOr<SpawnedProcess> Spawn(const std::string& trampoline,
                                     const ChildSetup& setup,
                                     const std::vector<std::string>& command,
                                     PipeReserve& reserve) {
  absl::StatusOr<SpawnPipes> pipes = reserve.Take();
  if (!pipes.ok()) return pipes.status();
  SpawnPlan plan;
  int error = plan.Fill(*pipes);
  if (error != 0) return SystemError(error, "can't prepare the child");
  std::vector<std::string> arguments =
      TrampolineArguments(getpid(), setup, command);
  pid_t pid = 0;
  error = posix_spawn(&pid, trampoline.c_str(), plan.actions(),
                      plan.attributes(), Pointers(arguments).data(), environ);
  if (error != 0) return SystemError(error, "can't spawn the child");
  CloseTheChilds(*pipes);  // room for one more
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, /*flags=*/0));
  if (pidfd < 0) {
    absl::Status failure = SystemError(errno, "can't open a pidfd");
    KillAndReap(pid);
    return failure;
  }
  return SpawnedProcess{.pid = pid,
                        .pidfd = UniqueFd(pidfd),
                        .in = std::move(pipes->in.write_end),
                        .out = std::move(pipes->out.read_end),
                        .err = std::move(pipes->err.read_end),
                        .exec_report = std::move(pipes->exec_report.read_end)};
}

}  // namespace thespian::gateway
