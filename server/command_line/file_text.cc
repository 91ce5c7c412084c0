#include "server/command_line/file_text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "endpoint/process/unique_fd.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

absl::Status CantRead(const std::string& path, const std::string& why) {
  return absl::FailedPreconditionError(
      fmt::format("{}: can't be read: {}", path, why));
}

absl::Status CantRead(const std::string& path, int error) {
  return CantRead(path, std::system_category().message(error));
}

}  // namespace

absl::StatusOr<std::string> ReadFileText(const std::string& path, size_t most) {
  // Of a pipe, which is refused, the other end is not waited for.
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info = {};
  if (file.get() < 0 || fstat(file.get(), &info) != 0) {
    return CantRead(path, errno);
  }
  if (S_ISDIR(info.st_mode)) return CantRead(path, EISDIR);
  if (!S_ISREG(info.st_mode)) return CantRead(path, "it is no regular file");
  std::string text(most + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t more =
        read(file.get(), text.data() + size, text.size() - size);
    if (more < 0 && errno == EINTR) continue;
    if (more < 0) return CantRead(path, errno);
    if (more == 0) break;
    size += static_cast<size_t>(more);
  }
  if (size > most) return CantRead(path, EFBIG);
  text.resize(size);
  return text;
}

}  // namespace thespian::gateway
