// The gateway, or a server that tells its address in the same way, as a process
// of its own.
//
// Ownership: owns the process: it is killed and reaped in the destructor unless
//   Stop has ended it. It is told to end if this program dies.
// Threads:   thread-compatible.
// Errors:    told by Start and Stop.
#ifndef TESTS_SUPPORT_SERVED_PROGRAM_H_
#define TESTS_SUPPORT_SERVED_PROGRAM_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/process/unique_fd.h"

namespace thespian::gateway {

class ServedProgram {
 public:
  // Starts `command`, which takes --port-file after the words that name the
  // program, and returns when it serves. What it logs goes to the file `log`.
  static absl::StatusOr<std::unique_ptr<ServedProgram>> Start(
      std::vector<std::string> command, const std::string& log,
      size_t program_words = 1);
  // Starts `command`, which has been told to serve at this port of 127.0.0.1,
  // and returns when it takes connections there.
  static absl::StatusOr<std::unique_ptr<ServedProgram>> StartAt(
      std::vector<std::string> command, uint16_t port, const std::string& log);
  ~ServedProgram();
  ServedProgram(const ServedProgram&) = delete;
  ServedProgram& operator=(const ServedProgram&) = delete;

  pid_t pid() const { return pid_; }
  const std::string& address() const { return address_; }

  // Ends it as an operator would. An error unless it ends well and in time.
  absl::Status Stop();

 private:
  ServedProgram(pid_t pid, UniqueFd pidfd);
  static absl::StatusOr<std::unique_ptr<ServedProgram>> Spawn(
      std::vector<std::string> command, const std::string& log);
  absl::Status AwaitAddress(const UniqueFd& port_file);
  absl::Status AwaitListening(uint16_t port);

  const pid_t pid_;
  const UniqueFd pidfd_;
  bool reaped_ = false;
  std::string address_;
};

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_SERVED_PROGRAM_H_
