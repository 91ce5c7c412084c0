#include "server/command_line/file_text.h"

#include <cerrno>
#include <fstream>
#include <system_error>

#include "fmt/format.h"

namespace thespian::gateway {
namespace {

absl::Status CantRead(const std::string& path, int error) {
  return absl::FailedPreconditionError(fmt::format(
      "{}: can't be read: {}", path, std::system_category().message(error)));
}

}  // namespace

absl::StatusOr<std::string> ReadFileText(const std::string& path, size_t most) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file.good()) return CantRead(path, errno);
  std::string text(most + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return CantRead(path, errno);
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > most) return CantRead(path, EFBIG);
  return text;
}

}  // namespace thespian::gateway
