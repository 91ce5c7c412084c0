// Plays a scenario of clients/conformance.
//
// Threads:   waits until the scenario is over.
// Memory:    what the scenario's streams were told and no step has asked for.
#ifndef CLIENTS_CPP_CONFORMANCE_PLAY_H_
#define CLIENTS_CPP_CONFORMANCE_PLAY_H_

#include "absl/status/status.h"
#include "clients/cpp/client.h"
#include "clients/cpp/conformance/driver.h"
#include "nlohmann/json.hpp"

namespace thespian::gateway::conformance {

// An error says which step failed, what it expected and what it saw. Whatever
// the outcome, every stream has ended then.
absl::Status Play(const nlohmann::json& scenario,
                  const client::ConnectOptions& gateway, Driver& driver);

}  // namespace thespian::gateway::conformance

#endif  // CLIENTS_CPP_CONFORMANCE_PLAY_H_
