#include "endpoint/process/group_guard.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace thespian::gateway {
namespace {

constexpr char kSecretWord[] = "--thespian-guard-groups";

// Its session is its own and it takes no signals: what ends the gateway, a
// terminal's ^C or a kill of its group, leaves the guard.
int SpawnGuard(const std::string& program, int read_end, pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, read_end, STDIN_FILENO);
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) {
    posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_WRONLY, 0);
  }
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t all;
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &all);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
  std::string name = "thespian-gateway";
  std::string word = kSecretWord;
  const std::array<char*, 3> arguments = {name.data(), word.data(), nullptr};
  const int error = posix_spawn(&pid, program.c_str(), &actions, &attributes,
                                arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return error;
}

// The groups that are left when the pipe ends.
std::vector<pid_t> ReadGroups() {
  std::vector<pid_t> groups;
  for (;;) {
    pid_t word = 0;  // written at once, so read at once
    const ssize_t got = read(STDIN_FILENO, &word, sizeof word);
    if (got < 0 && errno == EINTR) continue;
    if (got != sizeof word) return groups;
    if (word > 0) groups.push_back(word);
    if (word < 0) std::erase(groups, -word);
  }
}

}  // namespace

absl::StatusOr<GroupGuard> GroupGuard::Start(const std::string& program) {
  std::array<int, 2> fds{};
  if (pipe2(fds.data(), O_CLOEXEC) != 0) {
    return absl::ErrnoToStatus(errno, "can't make the group guard's pipe");
  }
  const UniqueFd read_end(fds[0]);
  UniqueFd write_end(fds[1]);
  // A guard that is stopped must not stop the gateway.
  if (fcntl(write_end.get(), F_SETFL, O_NONBLOCK) != 0) {
    return absl::ErrnoToStatus(errno, "can't prepare the group guard's pipe");
  }
  pid_t pid = 0;
  const int error = SpawnGuard(program, read_end.get(), pid);
  if (error != 0) {
    return absl::ErrnoToStatus(error, "can't start the group guard");
  }
  return GroupGuard(pid, std::move(write_end));
}

void GroupGuard::Tell(pid_t word) const {
  while (write(pipe_.get(), &word, sizeof word) < 0 && errno == EINTR) {
  }
}

std::optional<int> RunGroupGuardIfAsked(int argc, char** argv) {
  if (argc != 2 || std::string_view(argv[1]) != kSecretWord) {
    return std::nullopt;
  }
  for (const pid_t group : ReadGroups()) kill(-group, SIGKILL);
  return 0;
}

}  // namespace thespian::gateway
