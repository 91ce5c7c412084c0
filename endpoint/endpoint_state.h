// The states of an endpoint, and how a child's run ended.
#ifndef ENDPOINT_ENDPOINT_STATE_H_
#define ENDPOINT_ENDPOINT_STATE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "endpoint/wire/ids.h"

namespace thespian::gateway {

enum class EndpointState {
  kStarting,
  kRunning,
  kBackoff,
  kStopping,
  kStopped,
  kFailed,
  kUnresponsive,
  kIdle,  // no child: the first message starts it
};

// The name of an endpoint, which the journal owns: a pointer, so that naming it
// in every event costs nothing.
using EndpointName = const std::string*;

// "STARTING", "RUNNING", ...
std::string_view StateName(EndpointState state);

// Whether an endpoint in this state comes no further by itself, or not at
// once.
bool IsSettled(EndpointState state);

// Whether an endpoint in this state is started again only if it is asked for.
bool IsOver(EndpointState state);

// Whether messages for the child are taken.
bool TakesMessages(EndpointState state);

// The error of what is asked of an endpoint that has ended for good.
absl::Status EndpointEndedError(std::string_view endpoint);

// The error of everything that needs a child while there is none.
absl::Status DownError(std::string_view endpoint, EndpointState state,
                       std::string_view reason);

// What the system says of a process that has ended. At most one of `code` and
// `signal` is set; neither if nobody can say how it ended.
struct ProcessExit {
  std::optional<int> code;
  std::optional<int> signal;
  bool core_dumped = false;
};

// "exit code 3", "signal 9 (Killed)", "status unknown".
std::string Describe(const ProcessExit& exit);

// How one incarnation ended, with what is known of the cause.
struct ChildExit {
  Incarnation incarnation;
  ProcessExit exit;
  absl::Time time;
  std::string reason;
  std::vector<std::string> stderr_lines;  // the last, oldest first
  // What an operator may have set wrong, and the option that would help.
  std::vector<std::string> hints;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_ENDPOINT_STATE_H_
