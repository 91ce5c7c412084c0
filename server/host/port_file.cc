#include "server/host/port_file.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/str_join.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

absl::Status CantWrite(const std::string& path, int error) {
  return absl::ErrnoToStatus(error, fmt::format("can't write '{}'", path));
}

absl::Status WriteTo(const std::string& path, const std::string& text) {
  errno = 0;
  std::ofstream file(path);
  file << text << std::flush;
  return file.good() ? absl::OkStatus() : CantWrite(path, errno);
}

absl::Status WriteThenRename(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  absl::Status status = WriteTo(fresh, text);
  std::error_code error;
  if (status.ok()) {
    std::filesystem::rename(fresh, path, error);
    if (!error) return absl::OkStatus();
    status = CantWrite(path, error.value());
  }
  std::filesystem::remove(fresh, error);
  return status;
}

}  // namespace

absl::Status WritePortFile(const std::string& path,
                           const std::vector<std::string>& lines) {
  if (path.empty()) return absl::OkStatus();
  const std::string text = absl::StrJoin(lines, "\n") + "\n";
  std::error_code error;
  const auto kind = std::filesystem::status(path, error).type();
  const bool ordinary = kind == std::filesystem::file_type::not_found ||
                        kind == std::filesystem::file_type::regular;
  return ordinary ? WriteThenRename(path, text) : WriteTo(path, text);
}

}  // namespace thespian::gateway
