#include "tests/support/fault_injection/fault_rules.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace thespian::gateway {
namespace {

constexpr size_t kMostRules = 8;
constexpr size_t kTextBytes = 1'024;

struct Rule {
  std::string_view call;
  int first = 1;
  int last = 1;
  int every = 1;
  int error = 0;
  std::string_view role = "gateway";
  int most = 0;  // 0: any number
  std::atomic<int> calls = 0;
};

struct ErrorName {
  std::string_view name;
  int error;
};
constexpr std::array kErrors{
    ErrorName{"EACCES", EACCES},
    ErrorName{"EAGAIN", EAGAIN},
    ErrorName{"ECONNABORTED", ECONNABORTED},
    ErrorName{"EINTR", EINTR},
    ErrorName{"EIO", EIO},
    ErrorName{"EMFILE", EMFILE},
    ErrorName{"ENFILE", ENFILE},
    ErrorName{"ENOBUFS", ENOBUFS},
    ErrorName{"ENOMEM", ENOMEM},
    ErrorName{"ENOSPC", ENOSPC},
    ErrorName{"EPERM", EPERM},
    ErrorName{"EPIPE", EPIPE},
    ErrorName{"SHORT", kShortFault},
};

std::array<char, kTextBytes> g_text{};
std::array<Rule, kMostRules> g_rules{};
size_t g_rule_count = 0;
std::string_view g_role = "gateway";
const char* g_note = nullptr;
std::atomic<int> g_injected = 0;

[[noreturn]] void GiveUp(std::string_view what) {
  const std::string_view begin = "fault rules: ";
  syscall(SYS_write, STDERR_FILENO, begin.data(), begin.size());
  syscall(SYS_write, STDERR_FILENO, what.data(), what.size());
  syscall(SYS_write, STDERR_FILENO, "\n", 1);
  _exit(120);
}

// Cuts off what is before the separator.
std::string_view CutOff(std::string_view& rest, char separator) {
  const size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

int ToNumber(std::string_view text) {
  int number = 0;
  if (text.empty()) GiveUp("a number is missing");
  for (const char c : text) {
    if (c < '0' || c > '9') GiveUp(text);
    number = number * 10 + (c - '0');
  }
  return number;
}

void ParseWhich(std::string_view which, Rule& rule) {
  constexpr int kForEver = 1 << 30;
  if (which.starts_with("/")) {
    rule.every = ToNumber(which.substr(1));
    rule.first = rule.every;
    rule.last = kForEver;
    return;
  }
  const bool open = which.ends_with("+");
  if (open) which.remove_suffix(1);
  rule.first = ToNumber(CutOff(which, '-'));
  rule.last = which.empty() ? rule.first : ToNumber(which);
  if (open) rule.last = kForEver;
  rule.every = 1;
}

int ErrorOf(std::string_view name) {
  const auto* const found =
      std::find_if(kErrors.begin(), kErrors.end(),
                   [name](const ErrorName& e) { return e.name == name; });
  if (found == kErrors.end()) GiveUp(name);
  return found->error;
}

void ParseRule(std::string_view text, Rule& rule) {
  rule.call = CutOff(text, ':');
  ParseWhich(CutOff(text, ':'), rule);
  rule.error = ErrorOf(CutOff(text, ':'));
  const std::string_view role = CutOff(text, ':');
  rule.role = role.empty() ? "gateway" : role;
  rule.most = text.empty() ? 0 : ToNumber(text);
  rule.calls = 0;
}

// How many lines the note has: what all processes have injected.
int LinesNoted() {
  const auto fd = static_cast<int>(
      syscall(SYS_openat, AT_FDCWD, g_note, O_RDONLY | O_CLOEXEC));
  if (fd < 0) return 0;
  std::array<char, 4'096> block{};
  long lines = 0;
  for (long got = 0;
       (got = syscall(SYS_read, fd, block.data(), block.size())) > 0;) {
    lines += std::count(block.data(), block.data() + got, '\n');
  }
  syscall(SYS_close, fd);
  return static_cast<int>(lines);
}

void Note(std::string_view call) {
  if (g_note == nullptr) return;
  const auto fd = static_cast<int>(
      syscall(SYS_openat, AT_FDCWD, g_note,
              O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (fd < 0) GiveUp("the note can't be written");
  std::array<char, 64> line{};
  const size_t size = std::min(call.size(), line.size() - 1);
  std::copy_n(call.data(), size, line.data());
  line[size] = '\n';
  syscall(SYS_write, fd, line.data(), size + 1);
  syscall(SYS_close, fd);
}

bool Injects(Rule& rule) {
  const int number = ++rule.calls;
  if (number < rule.first || number > rule.last) return false;
  if ((number - rule.first) % rule.every != 0) return false;
  return rule.most == 0 || g_note == nullptr || LinesNoted() < rule.most;
}

bool IsAbout(const Rule& rule, const char* call) {
  return rule.call == call && rule.role == g_role;
}

std::string_view RoleOf(int argc, char** argv) {
  std::array<char, 512> path{};
  const long size = syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/exe",
                            path.data(), path.size());
  const std::string_view program(path.data(), static_cast<size_t>(size));
  if (!program.ends_with("/thespian-gateway")) return "child";
  const std::string_view word = argc > 1 ? argv[1] : "";
  if (word == "--thespian-exec-child") return "trampoline";
  if (word == "--thespian-guard-groups") return "guard";
  return "gateway";
}

// glibc gives these to every constructor of a library.
[[gnu::constructor]] void BeginWithTheProcess(int argc, char** argv, char**) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread yet.
  const char* const rules = std::getenv("TG_FAULT");
  if (rules == nullptr) return;
  SetFaults(rules);
  g_role = RoleOf(argc, argv);
  // NOLINTNEXTLINE(concurrency-mt-unsafe)
  g_note = std::getenv("TG_FAULT_NOTE");
}

}  // namespace

void SetFaults(const char* rules) {
  g_rule_count = 0;
  g_injected = 0;
  const size_t size = std::strlen(rules);
  if (size > g_text.size()) GiveUp("too long");
  std::copy_n(rules, size, g_text.begin());
  std::string_view rest(g_text.data(), size);
  while (!rest.empty()) {
    if (g_rule_count == kMostRules) GiveUp("too many");
    ParseRule(CutOff(rest, ','), g_rules[g_rule_count++]);
  }
}

int FaultsInjected() { return g_injected; }

bool HasFaultsFor(const char* call) {
  return std::any_of(g_rules.begin(), g_rules.begin() + g_rule_count,
                     [call](const Rule& rule) { return IsAbout(rule, call); });
}

int NextFault(const char* call) {
  for (size_t i = 0; i < g_rule_count; ++i) {
    Rule& rule = g_rules[i];
    if (!IsAbout(rule, call) || !Injects(rule)) continue;
    ++g_injected;
    Note(call);
    return rule.error;
  }
  return kNoFault;
}

}  // namespace thespian::gateway
