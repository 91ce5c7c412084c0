#include "tests/support/piped_child.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

constexpr int kDeadlineMillis = 30'000;

absl::Status Failed(std::string_view what, int error) {
  return absl::UnavailableError(
      fmt::format("{}: {}", what, std::system_category().message(error)));
}

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

absl::StatusOr<Pipe> OpenPipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return Failed("pipe2", errno);
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// Only our end: the child's is another description.
UniqueFd NonBlocking(UniqueFd fd) {
  fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
  return fd;
}

// Reads once into `buffer`; closes `fd` at its end. Empty: nothing there.
std::string_view ReadSome(UniqueFd& fd, std::array<char, 65536>& buffer) {
  const ssize_t size = read(fd.get(), buffer.data(), buffer.size());
  if (size > 0) return {buffer.data(), static_cast<size_t>(size)};
  if (size == 0) fd.Reset();
  return {};
}

absl::StatusOr<pid_t> SpawnWith(const std::vector<std::string>& command,
                                std::array<int, 3> stdio) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  const absl::Cleanup destroy = [&] {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  };
  for (int fd = 0; fd < 3; ++fd) {
    posix_spawn_file_actions_adddup2(&actions, stdio[fd], fd);
  }
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);

  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& word : command) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, arguments[0], &actions, &attributes,
                                arguments.data(), environ);
  if (error != 0) return Failed(command[0], error);
  return pid;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PipedChild>> PipedChild::Start(
    const std::vector<std::string>& command) {
  // A child that has gone is an error of Write.
  std::signal(SIGPIPE, SIG_IGN);
  std::unique_ptr<PipedChild> child(new PipedChild());
  absl::Status status = child->Spawn(command);
  if (!status.ok()) return status;
  return child;
}

absl::Status PipedChild::Spawn(const std::vector<std::string>& command) {
  absl::StatusOr<Pipe> in = OpenPipe();
  absl::StatusOr<Pipe> out = OpenPipe();
  absl::StatusOr<Pipe> err = OpenPipe();
  for (const auto* pipe : {&in, &out, &err}) {
    if (!pipe->ok()) return pipe->status();
  }
  const absl::StatusOr<pid_t> pid =
      SpawnWith(command, {in->read.get(), out->write.get(), err->write.get()});
  if (!pid.ok()) return pid.status();
  pid_ = *pid;
  stdin_ = NonBlocking(std::move(in->write));
  stdout_ = NonBlocking(std::move(out->read));
  stderr_ = NonBlocking(std::move(err->read));
  // glibc's <sys/pidfd.h> can't be used from C++.
  pidfd_ = UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  return pidfd_.get() < 0 ? Failed("pidfd_open", errno) : absl::OkStatus();
}

PipedChild::~PipedChild() {
  if (pid_ < 0 || reaped_) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

absl::Status PipedChild::Step() {
  std::array<pollfd, 4> ready{
      pollfd{unsent_.empty() ? -1 : stdin_.get(), POLLOUT, 0},
      pollfd{stdout_.get(), POLLIN, 0}, pollfd{stderr_.get(), POLLIN, 0},
      pollfd{exited_ ? -1 : pidfd_.get(), POLLIN, 0}};
  const int count = poll(ready.data(), ready.size(), kDeadlineMillis);
  if (count < 0) return Failed("poll", errno);
  if (count == 0) return absl::DeadlineExceededError("the child does nothing");
  if (ready[0].revents != 0) WriteSome();
  if (ready[1].revents != 0) ReadStdout();
  if (ready[2].revents != 0) ReadStderr();
  if (ready[3].revents != 0) exited_ = true;
  return absl::OkStatus();
}

void PipedChild::WriteSome() {
  const ssize_t size = write(stdin_.get(), unsent_.data(), unsent_.size());
  if (size >= 0) return unsent_.remove_prefix(static_cast<size_t>(size));
  if (errno != EAGAIN && errno != EINTR) stdin_.Reset();
}

void PipedChild::ReadStdout() {
  std::array<char, 65536> buffer;
  stdout_bytes_.append(ReadSome(stdout_, buffer));
}

void PipedChild::CutFrames() {
  const auto keep = [&](std::string_view content) {
    frames_.emplace_back(content);
    return absl::OkStatus();
  };
  const auto too_large = [](uint64_t size) {
    return absl::DataLossError(fmt::format("a frame of {} bytes", size));
  };
  status_.Update(decoder_.Feed(stdout_bytes_, keep, too_large));
  stdout_bytes_.clear();
  if (stdout_.get() >= 0) return;
  status_.Update(decoder_.Finish());
  status_.Update(absl::OutOfRangeError("the child's stdout has ended"));
}

void PipedChild::ReadStderr() {
  std::array<char, 65536> buffer;
  stderr_text_.append(ReadSome(stderr_, buffer));
}

absl::Status PipedChild::Write(std::string_view bytes) {
  unsent_ = bytes;
  const absl::Cleanup done = [this] { unsent_ = {}; };
  while (!unsent_.empty()) {
    if (stdin_.get() < 0) return absl::UnavailableError("stdin is closed");
    if (absl::Status status = Step(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status PipedChild::KeepWritesApart() {
  const int flags = fcntl(stdin_.get(), F_GETFL);
  if (flags >= 0 && fcntl(stdin_.get(), F_SETFL, flags | O_DIRECT) == 0) {
    return absl::OkStatus();
  }
  return Failed("fcntl", errno);
}

absl::StatusOr<std::string> PipedChild::NextFrame() {
  for (CutFrames(); frames_.empty(); CutFrames()) {
    if (!status_.ok()) return status_;
    if (absl::Status status = Step(); !status.ok()) return status;
  }
  std::string frame = std::move(frames_.front());
  frames_.pop_front();
  return frame;
}

absl::StatusOr<std::string> PipedChild::NextBytes(size_t size) {
  while (stdout_bytes_.size() < size && stdout_.get() >= 0) {
    if (absl::Status status = Step(); !status.ok()) return status;
  }
  std::string bytes = stdout_bytes_.substr(0, size);
  stdout_bytes_.erase(0, size);
  return bytes;
}

absl::Status PipedChild::AwaitStderr(std::string_view text) {
  while (stderr_text_.find(text) == std::string::npos) {
    if (stderr_.get() < 0) return absl::OutOfRangeError(stderr_text_);
    if (absl::Status status = Step(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<int> PipedChild::Wait() {
  while (!exited_) {
    if (absl::Status status = Step(); !status.ok()) return status;
  }
  // What the child wrote before its end is in the pipes by now.
  for (pollfd left{stdout_.get(), POLLIN, 0};
       stdout_.get() >= 0 && poll(&left, 1, 0) > 0;) {
    ReadStdout();
  }
  for (pollfd left{stderr_.get(), POLLIN, 0};
       stderr_.get() >= 0 && poll(&left, 1, 0) > 0;) {
    ReadStderr();
  }
  int how = 0;
  if (waitpid(pid_, &how, 0) != pid_) return Failed("waitpid", errno);
  reaped_ = true;
  return how;
}

}  // namespace thespian::gateway
