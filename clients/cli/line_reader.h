// Cuts what comes from a descriptor into lines.
//
// Ownership: borrows the descriptor.
// Threads:   thread-compatible.
// Errors:    INVALID_ARGUMENT for a line that is too long, INTERNAL if the
//   descriptor can't be read.
// Memory:    at most kMaxLineBytes and one read.
#ifndef CLIENTS_CLI_LINE_READER_H_
#define CLIENTS_CLI_LINE_READER_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"

namespace thespian::gateway::cli {

class LineReader {
 public:
  static constexpr size_t kMaxLineBytes = 16u << 20;

  explicit LineReader(int fd) : fd_(fd) {}

  // Reads once, waiting if nothing is there.
  absl::Status Fill();

  // Moves the next line, without its end, into `line`. False if there is none
  // yet. What follows the last newline is a line once the end is reached.
  bool Next(std::string& line);

  bool at_end() const { return at_end_; }

 private:
  const int fd_;
  std::string buffer_;
  size_t begin_ = 0;  // of what Next has not returned
  bool at_end_ = false;
};

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_LINE_READER_H_
