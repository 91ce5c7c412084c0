#include "tests/support/process_view.h"

#include <unistd.h>

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>

#include "fmt/format.h"

namespace thespian::gateway {
namespace {

namespace fs = std::filesystem;

// The number behind `field` in /proc/PID/status; 0 if it is not there.
size_t StatusNumber(pid_t pid, std::string_view field) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(field)) continue;
    return std::strtoull(line.c_str() + field.size(), nullptr, 10);
  }
  return 0;
}

double CpuSeconds(pid_t pid) {
  std::ifstream stat(fmt::format("/proc/{}/stat", pid));
  std::string text;
  std::getline(stat, text);
  // Behind the name, which may hold anything, come the state, and 10 fields
  // more before the two that matter.
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

size_t CountEntries(const std::string& directory) {
  std::error_code error;
  size_t count = 0;
  for (fs::directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    ++count;
  }
  return count;
}

size_t CountChildren(pid_t parent) {
  std::error_code error;
  size_t count = 0;
  for (fs::directory_iterator it("/proc", error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename();
    if (std::isdigit(static_cast<unsigned char>(name[0])) == 0) continue;
    if (ParentOf(std::atoi(name.c_str())) == parent) ++count;
  }
  return count;
}

}  // namespace

ProcessView ViewProcess(pid_t pid) {
  return {.rss_kib = StatusNumber(pid, "VmRSS:"),
          .descriptors = CountEntries(fmt::format("/proc/{}/fd", pid)),
          .threads = StatusNumber(pid, "Threads:"),
          .children = CountChildren(pid),
          .cpu_seconds = CpuSeconds(pid)};
}

pid_t ParentOf(pid_t pid) {
  return static_cast<pid_t>(StatusNumber(pid, "PPid:"));
}

}  // namespace thespian::gateway
