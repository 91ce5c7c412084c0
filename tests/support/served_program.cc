#include "tests/support/served_program.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "fmt/format.h"
#include "tests/support/temp_dir.h"

namespace thespian::gateway {
namespace {

constexpr int kStartMs = 60'000;
// Twice --stop-grace, and 10 s: what the gateway promises.
constexpr int kStopMs = 20'000;

// Its descriptors are counted from outside, by its own user.
constexpr std::array kStarter = {"/usr/bin/env", "THESPIAN_DUMPABLE=1",
                                 "/usr/bin/setpriv", "--pdeathsig", "TERM"};

// Starts `words` with stdout and stderr in the file `log`; -1: it can't.
pid_t SpawnLogged(std::vector<std::string> words, const std::string& log) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                   O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0644);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, argv[0], &actions, /*attrp=*/nullptr,
                                argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? pid : -1;
}

// Whether somebody takes connections at this port of 127.0.0.1.
bool IsListening(uint16_t port) {
  const UniqueFd client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address{.sin_family = AF_INET,
                            .sin_port = htons(port),
                            .sin_addr = {htonl(INADDR_LOOPBACK)}};
  return connect(client.get(), reinterpret_cast<const sockaddr*>(&address),
                 sizeof(address)) == 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ServedProgram>> ServedProgram::Start(
    std::vector<std::string> command, const std::string& log,
    size_t program_words) {
  const TempDir directory;
  const std::string fifo = directory.File("port");
  if (mkfifo(fifo.c_str(), 0600) != 0) {
    return absl::ErrnoToStatus(errno, "a named pipe can't be made");
  }
  const UniqueFd port_file(
      open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  command.insert(command.begin() + program_words, {"--port-file", fifo});
  absl::StatusOr<std::unique_ptr<ServedProgram>> program =
      Spawn(std::move(command), log);
  if (!program.ok()) return program;
  absl::Status status = (*program)->AwaitAddress(port_file);
  if (!status.ok()) return status;
  return program;
}

absl::StatusOr<std::unique_ptr<ServedProgram>> ServedProgram::StartAt(
    std::vector<std::string> command, uint16_t port, const std::string& log) {
  absl::StatusOr<std::unique_ptr<ServedProgram>> program =
      Spawn(std::move(command), log);
  if (!program.ok()) return program;
  absl::Status status = (*program)->AwaitListening(port);
  if (!status.ok()) return status;
  return program;
}

absl::StatusOr<std::unique_ptr<ServedProgram>> ServedProgram::Spawn(
    std::vector<std::string> command, const std::string& log) {
  command.insert(command.begin(), kStarter.begin(), kStarter.end());
  const pid_t pid = SpawnLogged(std::move(command), log);
  if (pid < 0) return absl::InternalError("the program can't be started");
  return std::unique_ptr<ServedProgram>(new ServedProgram(
      pid,
      UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid, /*flags=*/0)))));
}

ServedProgram::ServedProgram(pid_t pid, UniqueFd pidfd)
    : pid_(pid), pidfd_(std::move(pidfd)) {}

ServedProgram::~ServedProgram() {
  if (reaped_) return;
  kill(pid_, SIGKILL);  // not reaped yet: the number is still its own
  waitpid(pid_, nullptr, 0);
}

// It opens the pipe, writes the line and closes it.
absl::Status ServedProgram::AwaitAddress(const UniqueFd& port_file) {
  std::string text;
  while (text.find('\n') == std::string::npos) {
    std::array<pollfd, 2> polled = {
        {{.fd = port_file.get(), .events = POLLIN, .revents = 0},
         {.fd = pidfd_.get(), .events = POLLIN, .revents = 0}}};
    if (poll(polled.data(), polled.size(), kStartMs) <= 0) {
      return absl::DeadlineExceededError("the program does not serve");
    }
    std::array<char, 256> buffer{};
    const ssize_t got = read(port_file.get(), buffer.data(), buffer.size());
    if (got > 0) {
      text.append(buffer.data(), static_cast<size_t>(got));
    } else if (polled[1].revents != 0) {
      return absl::InternalError("the program has ended; see its log");
    }
  }
  address_ = text.substr(0, text.find('\n'));
  return absl::OkStatus();
}

absl::Status ServedProgram::AwaitListening(uint16_t port) {
  constexpr int kPauseMs = 5;
  for (int waited_ms = 0; waited_ms < kStartMs; waited_ms += kPauseMs) {
    if (IsListening(port)) {
      address_ = fmt::format("127.0.0.1:{}", port);
      return absl::OkStatus();
    }
    pollfd polled{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
    if (poll(&polled, 1, kPauseMs) > 0) {
      return absl::InternalError("the program has ended; see its log");
    }
  }
  return absl::DeadlineExceededError("the program does not serve");
}

absl::Status ServedProgram::Stop() {
  kill(pid_, SIGTERM);
  pollfd polled{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
  if (poll(&polled, 1, kStopMs) != 1) {
    return absl::DeadlineExceededError("the program does not end");
  }
  int status = 0;
  waitpid(pid_, &status, 0);
  reaped_ = true;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
  return absl::InternalError(
      fmt::format("the program ended with wait status {}", status));
}

}  // namespace thespian::gateway
