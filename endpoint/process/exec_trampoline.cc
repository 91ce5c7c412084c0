#include "endpoint/process/exec_trampoline.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "endpoint/process/search_path.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

constexpr char kSecretWord[] = "--thespian-exec-child";
constexpr int kFirstSetupArgument = 3;  // after the word and the parent
constexpr char kEndOfSetup[] = "--";
constexpr int kExecFailed = 127;

// The words by which a setup travels; each but the last has a value after it.
constexpr std::string_view kMemory = "memory=";
constexpr std::string_view kFiles = "files=";
constexpr std::string_view kSoftFiles = "soft-files=";
constexpr std::string_view kCpu = "cpu=";
constexpr std::string_view kDirectory = "directory=";
constexpr std::string_view kUser = "user=";
constexpr std::string_view kKeep = "keep=";
constexpr std::string_view kKeepOnly = "keep-only";

// The step that is being taken, for the report.
struct Step {
  const char* name = "";
  bool done = false;
};

Step Limit(decltype(RLIMIT_AS) what, const char* name, rlim_t soft,
           rlim_t hard) {
  const rlimit limit{.rlim_cur = soft, .rlim_max = hard};
  return {.name = name, .done = setrlimit(what, &limit) == 0};
}

// What the child gets of the gateway's own limit, which may go up to `hard`.
Step LimitSoftFiles(rlim_t soft) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return Limit(RLIMIT_NOFILE, "limit the open files",
               std::min(soft, limit.rlim_max), limit.rlim_max);
}

bool BecomeUser(const char* name) {
  errno = 0;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): this process has one thread.
  const passwd* user = getpwnam(name);
  if (user == nullptr) {
    if (errno == 0) errno = ENOENT;
    return false;
  }
  return initgroups(name, user->pw_gid) == 0 && setgid(user->pw_gid) == 0 &&
         setuid(user->pw_uid) == 0;
}

// The child dies with the thread that spawned it. If that thread is gone
// already, the parent is no longer who it was. A change of user would undo it.
bool TieLifeTo(int parent) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
  if (getppid() == parent) return true;
  errno = ESRCH;
  return false;
}

// Does what the arguments of a setup say, one by one.
class SetUp {
 public:
  Step Take(const char* argument) {
    const std::string_view text = argument;
    const auto value = [&](std::string_view word) {
      return argument + word.size();
    };
    const auto number = [&](std::string_view word) {
      return static_cast<rlim_t>(std::strtoull(value(word), nullptr, 10));
    };
    if (text == kKeepOnly) return KeepOnly();
    if (text.starts_with(kKeep)) return Keep(value(kKeep));
    if (text.starts_with(kMemory)) {
      const rlim_t bytes = number(kMemory);
      return Limit(RLIMIT_AS, "limit the memory", bytes, bytes);
    }
    if (text.starts_with(kFiles)) {
      const rlim_t files = number(kFiles);
      return Limit(RLIMIT_NOFILE, "limit the open files", files, files);
    }
    if (text.starts_with(kSoftFiles)) return LimitSoftFiles(number(kSoftFiles));
    if (text.starts_with(kCpu)) {
      // SIGXCPU first, which says what it is for.
      const rlim_t seconds = number(kCpu);
      return Limit(RLIMIT_CPU, "limit the CPU time", seconds, seconds + 1);
    }
    if (text.starts_with(kUser)) {
      return {"change the user", BecomeUser(value(kUser))};
    }
    return {"enter the directory", chdir(value(kDirectory)) == 0};
  }

  // Null at the end; the whole environment unless told otherwise.
  char* const* environment() {
    if (!keep_only_) return environ;
    kept_.push_back(nullptr);
    return kept_.data();
  }

 private:
  Step KeepOnly() {
    keep_only_ = true;
    return {"", true};
  }

  Step Keep(std::string_view name) {
    for (char** variable = environ; *variable != nullptr; ++variable) {
      const std::string_view entry = *variable;
      if (entry.starts_with(name) && entry.substr(name.size(), 1) == "=") {
        kept_.push_back(*variable);
      }
    }
    return {"", true};
  }

  bool keep_only_ = false;
  std::vector<char*> kept_;
};

// Whether a directory of PATH has no such program, but the next may.
bool IsNotHere(int error) {
  return error == ENOENT || error == ENOTDIR || error == ESTALE ||
         error == ENODEV || error == ETIMEDOUT;
}

// As execvpe, which would give what is no program to a shell. Returns if it
// can't, with errno.
void Execute(char* const* command, char* const* environment) {
  const std::string_view name = command[0];
  if (name.empty() || name.find('/') != name.npos) {
    execve(command[0], command, environment);
    return;
  }
  int error = ENOENT;
  for (const std::string& file : FilesInPath(name)) {
    execve(file.c_str(), command, environment);
    if (errno == EACCES) {
      error = EACCES;
    } else if (!IsNotHere(errno)) {
      return;
    }
  }
  errno = error;
}

// Returns the step that failed.
const char* BecomeChild(char** argv) {
  SetUp setup;
  char** argument = argv + kFirstSetupArgument;
  for (; std::strcmp(*argument, kEndOfSetup) != 0; ++argument) {
    const Step step = setup.Take(*argument);
    if (!step.done) return step.name;
  }
  char** command = argument + 1;
  const Step core = Limit(RLIMIT_CORE, "forbid core dumps", 0, 0);
  if (!core.done) return core.name;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return "give up privileges";
  if (TieLifeTo(std::atoi(argv[2]))) Execute(command, setup.environment());
  return "";
}

}  // namespace

std::vector<std::string> TrampolineArguments(
    int parent, const ChildSetup& setup,
    const std::vector<std::string>& command) {
  std::vector<std::string> arguments = {command.front(), kSecretWord,
                                        std::to_string(parent)};
  const auto add = [&](std::string_view word, const auto& value) {
    arguments.push_back(fmt::format("{}{}", word, value));
  };
  if (setup.memory_bytes.has_value()) add(kMemory, *setup.memory_bytes);
  if (setup.open_files.has_value()) {
    add(kFiles, *setup.open_files);
  } else if (setup.soft_open_files.has_value()) {
    add(kSoftFiles, *setup.soft_open_files);
  }
  if (setup.cpu_seconds.has_value()) add(kCpu, *setup.cpu_seconds);
  if (!setup.user.empty()) add(kUser, setup.user);
  if (!setup.directory.empty()) add(kDirectory, setup.directory);
  if (setup.environment.has_value()) {
    arguments.emplace_back(kKeepOnly);
    for (const std::string& name : *setup.environment) add(kKeep, name);
  }
  arguments.emplace_back(kEndOfSetup);
  arguments.insert(arguments.end(), command.begin(), command.end());
  return arguments;
}

std::optional<int> RunTrampolineIfAsked(int argc, char** argv) {
  if (argc <= kFirstSetupArgument || std::string_view(argv[1]) != kSecretWord) {
    return std::nullopt;
  }
  fcntl(kExecReportFd, F_SETFD, FD_CLOEXEC);
  const char* step = BecomeChild(argv);
  const std::string text = fmt::format("{} {}", errno, step);
  // If even this fails, the exit code still tells.
  [[maybe_unused]] const ssize_t written =
      write(kExecReportFd, text.data(), text.size());
  return kExecFailed;
}

absl::Status ReadExecReport(std::string_view report, std::string_view program) {
  const size_t space = report.find(' ');
  const int error = std::atoi(std::string(report.substr(0, space)).c_str());
  const std::string_view step =
      space == report.npos ? std::string_view() : report.substr(space + 1);
  return absl::ErrnoToStatus(
      error, step.empty() ? fmt::format("can't execute '{}'", program)
                          : fmt::format("can't {} of '{}'", step, program));
}

}  // namespace thespian::gateway
