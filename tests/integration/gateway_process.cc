#include "tests/integration/gateway_process.h"

#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>

#include "endpoint/check.h"
#include "gtest/gtest.h"
#include "tests/support/patience.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway {
namespace {

constexpr int kPatienceMs =
    static_cast<int>(std::chrono::milliseconds(kPatience).count());

std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> WholeEnvironment(const Environment& added) {
  std::vector<std::string> all = added;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    all.emplace_back(*entry);
  }
  return all;
}

// Reads once; false at the end.
bool ReadOnce(UniqueFd& fd, std::string& text) {
  std::array<char, 4'096> buffer{};
  const ssize_t got = read(fd.get(), buffer.data(), buffer.size());
  if (got > 0) text.append(buffer.data(), static_cast<size_t>(got));
  return got > 0;
}

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

Pipe MakePipe() {
  std::array<int, 2> fds{};
  Check(pipe2(fds.data(), O_CLOEXEC) == 0, "a pipe can be made");
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

}  // namespace

// --- Program ---------------------------------------------------------------

Program::Program(const std::vector<std::string>& command,
                 const Environment& environment) {
  Pipe out = MakePipe();
  Pipe err = MakePipe();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                   O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.write_end.get(),
                                   STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.write_end.get(),
                                   STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t all;
  sigfillset(&all);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  std::vector<std::string> words = command;
  std::vector<std::string> whole = WholeEnvironment(environment);
  const int error =
      posix_spawn(&pid_, command.front().c_str(), &actions, &attributes,
                  Pointers(words).data(), Pointers(whole).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  Check(error == 0, "a program can be started");
  pidfd_ = OpenPidfd(pid_);
  Check(pidfd_.get() >= 0, "a program has a pidfd");
  out_ = std::move(out.read_end);
  err_ = std::move(err.read_end);
}

Program::~Program() {
  if (reaped_) return;
  Kill(SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Program::Kill(int signal) const {
  // Not reaped yet: the number is still its own.
  if (!reaped_) kill(pid_, signal);
}

bool Program::AwaitOut(std::string_view text) {
  return ReadUntil(
      [this, text] { return out_text_.find(text) != std::string::npos; });
}

bool Program::AwaitErr(std::string_view text) {
  return ReadUntil(
      [this, text] { return err_text_.find(text) != std::string::npos; });
}

std::string Program::AwaitRestOfErr(std::string_view before) {
  size_t start = 0;
  size_t end = std::string::npos;
  const bool there = ReadUntil([&] {
    start = err_text_.find(before);
    if (start == std::string::npos) return false;
    start += before.size();
    end = err_text_.find('\n', start);
    return end != std::string::npos;
  });
  return there ? err_text_.substr(start, end - start) : "";
}

bool Program::ReadUntil(const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::array<pollfd, 4> polled = {
        {{.fd = out_.get(), .events = POLLIN, .revents = 0},
         {.fd = err_.get(), .events = POLLIN, .revents = 0},
         {.fd = port_file_.get(), .events = POLLIN, .revents = 0},
         {.fd = pidfd_.get(), .events = POLLIN, .revents = 0}}};
    if (poll(polled.data(), polled.size(), kPatienceMs) <= 0) return false;
    const bool ended = polled[3].revents != 0;
    bool read = false;
    if (polled[0].revents != 0) read |= ReadOrClose(out_, out_text_);
    if (polled[1].revents != 0) read |= ReadOrClose(err_, err_text_);
    if (polled[2].revents != 0) read |= ReadOrClose(port_file_, port_text_);
    if (ended && !read) return done();
  }
  return true;
}

bool Program::ReadOrClose(UniqueFd& fd, std::string& text) {
  if (ReadOnce(fd, text)) return true;
  fd.Reset();  // a poll passes over it from now on
  return false;
}

Ended Program::Wait() {
  ReadUntil([] { return false; });
  Ended ended{.out = out_text_, .err = err_text_};
  EXPECT_TRUE(AwaitEnd(pidfd_)) << "it does not end: " << err_text_;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return ended;
  reaped_ = true;
  if (WIFEXITED(status)) ended.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) ended.signal = WTERMSIG(status);
  return ended;
}

// --- GatewayProcess --------------------------------------------------------

GatewayProcess::GatewayProcess(std::vector<std::string> options,
                               const std::vector<std::string>& child,
                               const Environment& environment) {
  const std::string fifo = directory_.File("port");
  Check(mkfifo(fifo.c_str(), 0600) == 0, "a named pipe can be made");
  UniqueFd port(open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  std::vector<std::string> command = {TG_GATEWAY, "--port-file", fifo};
  command.insert(command.end(), options.begin(), options.end());
  if (!child.empty()) command.emplace_back("--");
  command.insert(command.end(), child.begin(), child.end());
  Environment all = {"THESPIAN_GATEWAY_LISTEN=127.0.0.1:0"};
  all.insert(all.begin(), environment.begin(), environment.end());
  program_ = std::make_unique<Program>(command, all);
  program_->port_file_ = std::move(port);
  const auto serves = [this] {
    return program_->port_text_.find('\n') != std::string::npos;
  };
  if (program_->ReadUntil(serves)) {
    address_ = program_->port_text_.substr(0, program_->port_text_.find('\n'));
  }
}

GatewayProcess::~GatewayProcess() {
  program_->Kill(SIGTERM);
  program_->ReadUntil([] { return false; });
}

pid_t GatewayProcess::ChildPid() const {
  const auto stub = v1::GatewayService::NewStub(
      grpc::CreateChannel(address_, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  v1::GetEndpointResponse response;
  const grpc::Status status = stub->GetEndpoint(&context, {}, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return static_cast<pid_t>(response.endpoint().pid());
}

UniqueFd OpenPidfd(pid_t pid) {
  return UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid, /*flags=*/0)));
}

bool AwaitEnd(const UniqueFd& pidfd) {
  pollfd polled{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
  return poll(&polled, 1, kPatienceMs) == 1;
}

}  // namespace thespian::gateway
