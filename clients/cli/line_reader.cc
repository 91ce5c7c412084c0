#include "clients/cli/line_reader.h"

#include <errno.h>
#include <unistd.h>

#include <array>

#include "fmt/format.h"

namespace thespian::gateway::cli {

absl::Status LineReader::Fill() {
  buffer_.erase(0, begin_);
  begin_ = 0;
  std::array<char, 64u << 10> piece;
  const ssize_t got = read(fd_, piece.data(), piece.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return absl::OkStatus();
  if (got < 0) return absl::ErrnoToStatus(errno, "cannot read the input");
  at_end_ = got == 0;
  buffer_.append(piece.data(), static_cast<size_t>(got));
  if (buffer_.size() > kMaxLineBytes + piece.size()) {
    return absl::InvalidArgumentError(
        fmt::format("a line of more than {} bytes", kMaxLineBytes));
  }
  return absl::OkStatus();
}

bool LineReader::Next(std::string& line) {
  const size_t end = buffer_.find('\n', begin_);
  const bool whole = end != std::string::npos;
  if (!whole && (!at_end_ || begin_ == buffer_.size())) return false;
  line = buffer_.substr(begin_, whole ? end - begin_ : std::string::npos);
  begin_ = whole ? end + 1 : buffer_.size();
  return true;
}

}  // namespace thespian::gateway::cli
