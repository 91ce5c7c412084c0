// Files that are read as a whole.
//
// Threads:   stateless.
// Errors:    FAILED_PRECONDITION: "PATH: can't be read: why".
// Memory:    `most` bytes.
#ifndef SERVER_COMMAND_LINE_FILE_TEXT_H_
#define SERVER_COMMAND_LINE_FILE_TEXT_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace thespian::gateway {

// One that has more than `most` bytes is an error.
absl::StatusOr<std::string> ReadFileText(const std::string& path, size_t most);

}  // namespace thespian::gateway

#endif  // SERVER_COMMAND_LINE_FILE_TEXT_H_
