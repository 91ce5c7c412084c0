// Tells other programs where the gateway listens.
//
// Threads:   main's alone.
// Errors:    what the system says, with the path. No file is left behind.
#ifndef SERVER_HOST_PORT_FILE_H_
#define SERVER_HOST_PORT_FILE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace thespian::gateway {

// Writes `lines` to `path` so that a reader sees all or nothing: by a rename,
// or in one write if `path` is no ordinary file (a named pipe, for one). Does
// nothing if `path` is empty.
absl::Status WritePortFile(const std::string& path,
                           const std::vector<std::string>& lines);

}  // namespace thespian::gateway

#endif  // SERVER_HOST_PORT_FILE_H_
