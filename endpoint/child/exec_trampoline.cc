#include "endpoint/child/exec_trampoline.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>

namespace thespian::gateway {
namespace {

constexpr char kSecretWord[] = "--thespian-exec-child";
constexpr int kFirstCommandArgument = 3;  // after the word and the parent
constexpr int kExecFailed = 127;

void ReportErrno() {
  const std::string text = std::to_string(errno);
  // If even this fails, the exit code still tells.
  [[maybe_unused]] const ssize_t written =
      write(kExecReportFd, text.data(), text.size());
}

// The child dies with the thread that spawned it. If that thread is gone
// already, the parent is no longer who it was.
bool TieLifeTo(int parent) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
  if (getppid() == parent) return true;
  errno = ESRCH;
  return false;
}

}  // namespace

std::vector<std::string> TrampolineArguments(
    int parent, const std::vector<std::string>& command) {
  std::vector<std::string> arguments = {command.front(), kSecretWord,
                                        std::to_string(parent)};
  arguments.insert(arguments.end(), command.begin(), command.end());
  return arguments;
}

std::optional<int> RunTrampolineIfAsked(int argc, char** argv) {
  if (argc <= kFirstCommandArgument ||
      std::string_view(argv[1]) != kSecretWord) {
    return std::nullopt;
  }
  fcntl(kExecReportFd, F_SETFD, FD_CLOEXEC);
  if (TieLifeTo(std::atoi(argv[2]))) {
    execvp(argv[kFirstCommandArgument], argv + kFirstCommandArgument);
  }
  ReportErrno();
  return kExecFailed;
}

}  // namespace thespian::gateway
