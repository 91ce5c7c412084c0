// The gateway as a process of its own, with the demo child, for a soak.
//
// Ownership: owns the process: it is killed and reaped in the destructor unless
//   Stop has ended it. It is told to end if this program dies.
// Threads:   thread-compatible.
// Errors:    told by Start and Stop.
#ifndef TESTS_SOAK_GATEWAY_RUN_H_
#define TESTS_SOAK_GATEWAY_RUN_H_

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/child/unique_fd.h"

namespace thespian::gateway::soak {

class GatewayRun {
 public:
  // Returns when it serves. What it logs goes to the file `log`.
  static absl::StatusOr<std::unique_ptr<GatewayRun>> Start(
      const std::string& log);
  ~GatewayRun();
  GatewayRun(const GatewayRun&) = delete;
  GatewayRun& operator=(const GatewayRun&) = delete;

  pid_t pid() const { return pid_; }
  const std::string& address() const { return address_; }

  // Ends it as an operator would. An error unless it ends well and in time.
  absl::Status Stop();

 private:
  GatewayRun(pid_t pid, UniqueFd pidfd);
  absl::Status AwaitAddress(const UniqueFd& port_file);

  const pid_t pid_;
  const UniqueFd pidfd_;
  bool reaped_ = false;
  std::string address_;
};

}  // namespace thespian::gateway::soak

#endif  // TESTS_SOAK_GATEWAY_RUN_H_
