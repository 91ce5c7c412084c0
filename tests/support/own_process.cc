#include "tests/support/own_process.h"

#include <fcntl.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace thespian::gateway {
namespace {

std::string ReadStatus(const std::string& process, std::string_view field) {
  const std::string start = std::string(field) + ":\t";
  std::ifstream file("/proc/" + process + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(start)) return line.substr(start.size());
  }
  return {};
}

}  // namespace

std::string OwnStatus(std::string_view field) {
  return ReadStatus("self", field);
}

std::string StatusOf(pid_t pid, std::string_view field) {
  return ReadStatus(std::to_string(pid), field);
}

std::vector<int> OwnDescriptors() {
  std::vector<int> all;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/self/fd", error)) {
    all.push_back(std::atoi(entry.path().filename().c_str()));
  }
  // The listing's own descriptor is closed by now.
  std::erase_if(all, [](int fd) { return fcntl(fd, F_GETFD) < 0; });
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace thespian::gateway
