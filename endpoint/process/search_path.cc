#include "endpoint/process/search_path.h"

#include <cstdlib>

#include "absl/strings/str_split.h"
#include "fmt/format.h"

namespace thespian::gateway {

std::vector<std::string> FilesInPath(std::string_view program) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment.
  const char* path = std::getenv("PATH");
  std::vector<std::string> files;
  for (const absl::string_view directory :
       absl::StrSplit(path == nullptr ? "/bin:/usr/bin" : path, ':')) {
    files.push_back(
        directory.empty()
            ? std::string(program)
            : fmt::format("{}/{}",
                          std::string_view(directory.data(), directory.size()),
                          program));
  }
  return files;
}

}  // namespace thespian::gateway
