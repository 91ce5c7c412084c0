// What comes of a step.
#ifndef CLIENTS_CPP_CONFORMANCE_OUTCOME_H_
#define CLIENTS_CPP_CONFORMANCE_OUTCOME_H_

#include <chrono>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

namespace thespian::gateway::conformance {

// A step that has not seen what it expects by then has failed.
using Deadline = std::chrono::steady_clock::time_point;

// What the gateway, or the client library, answered.
struct Outcome {
  absl::Status status;
  nlohmann::json result;
};

// An error: nothing was answered, because the scenario is wrong, or something
// else was seen than what it expects.
using StepResult = absl::StatusOr<Outcome>;

}  // namespace thespian::gateway::conformance

#endif  // CLIENTS_CPP_CONFORMANCE_OUTCOME_H_
