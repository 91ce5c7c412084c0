#include "endpoint/endpoint_state.h"

#include <cstring>

#include "endpoint/error.h"
#include "fmt/format.h"

namespace thespian::gateway {

std::string_view StateName(EndpointState state) {
  switch (state) {
    case EndpointState::kStarting:
      return "STARTING";
    case EndpointState::kRunning:
      return "RUNNING";
    case EndpointState::kBackoff:
      return "BACKOFF";
    case EndpointState::kStopping:
      return "STOPPING";
    case EndpointState::kStopped:
      return "STOPPED";
    case EndpointState::kFailed:
      return "FAILED";
    case EndpointState::kUnresponsive:
      return "UNRESPONSIVE";
    case EndpointState::kIdle:
      return "IDLE";
  }
  return "UNKNOWN";
}

bool IsSettled(EndpointState state) {
  switch (state) {
    case EndpointState::kRunning:
    case EndpointState::kBackoff:
    case EndpointState::kStopped:
    case EndpointState::kFailed:
    case EndpointState::kUnresponsive:
    case EndpointState::kIdle:
      return true;
    case EndpointState::kStarting:
    case EndpointState::kStopping:
      return false;
  }
  return false;
}

bool IsOver(EndpointState state) {
  return state == EndpointState::kStopped || state == EndpointState::kFailed;
}

bool TakesMessages(EndpointState state) {
  return state == EndpointState::kRunning ||
         state == EndpointState::kUnresponsive || state == EndpointState::kIdle;
}

absl::Status EndpointEndedError(std::string_view endpoint) {
  return MakeError(ErrorReason::kShuttingDown,
                   fmt::format("endpoint '{}' has ended", endpoint));
}

absl::Status DownError(std::string_view endpoint, EndpointState state,
                       std::string_view reason) {
  return MakeError(state == EndpointState::kFailed
                       ? ErrorReason::kEndpointFailed
                       : ErrorReason::kEndpointDown,
                   fmt::format("endpoint '{}' is {}: {}", endpoint,
                               StateName(state), reason));
}

std::string Describe(const ProcessExit& exit) {
  if (exit.signal.has_value()) {
    const char* name = sigdescr_np(*exit.signal);
    return fmt::format("signal {} ({}{})", *exit.signal,
                       name == nullptr ? "unknown" : name,
                       exit.core_dumped ? ", core dumped" : "");
  }
  if (!exit.code.has_value()) return "status unknown";
  return fmt::format("exit code {}", *exit.code);
}

}  // namespace thespian::gateway
