#include "server/host/port_file.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/str_join.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

absl::Status WriteTo(const std::string& path, const std::string& text) {
  errno = 0;
  std::ofstream file(path);
  file << text << std::flush;
  if (file.good()) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, fmt::format("can't write '{}'", path));
}

}  // namespace

absl::Status WritePortFile(const std::string& path,
                           const std::vector<std::string>& addresses) {
  if (path.empty()) return absl::OkStatus();
  const std::string text = absl::StrJoin(addresses, "\n") + "\n";
  std::error_code error;
  const auto kind = std::filesystem::status(path, error).type();
  if (kind != std::filesystem::file_type::not_found &&
      kind != std::filesystem::file_type::regular) {
    return WriteTo(path, text);
  }
  const std::string fresh = path + ".new";
  absl::Status status = WriteTo(fresh, text);
  if (!status.ok()) return status;
  std::filesystem::rename(fresh, path, error);
  if (!error) return absl::OkStatus();
  return absl::ErrnoToStatus(error.value(),
                             fmt::format("can't write '{}'", path));
}

}  // namespace thespian::gateway
