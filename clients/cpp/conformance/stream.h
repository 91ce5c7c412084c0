// A stream of a scenario: a local actor's, or a watch.
//
// Ownership: owns the client library's stream. The destructor cancels it and
//   waits for its end.
// Threads:   used by the scenario's thread.
#ifndef CLIENTS_CPP_CONFORMANCE_STREAM_H_
#define CLIENTS_CPP_CONFORMANCE_STREAM_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "clients/cpp/conformance/outcome.h"
#include "nlohmann/json.hpp"

namespace thespian::gateway::conformance {

class ActorSession;

class Stream {
 public:
  virtual ~Stream() = default;

  // Waits for the next event, {kind: fields}. Null: the stream has ended.
  // DEADLINE_EXCEEDED: nothing came.
  virtual absl::StatusOr<nlohmann::json> Next(Deadline deadline) = 0;

  // Why it ended. After Next has returned null.
  virtual absl::Status end() = 0;

  // Null: it is no actor's.
  virtual ActorSession* actor_session() { return nullptr; }
};

}  // namespace thespian::gateway::conformance

#endif  // CLIENTS_CPP_CONFORMANCE_STREAM_H_
