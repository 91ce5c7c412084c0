// Whether what was seen is what a scenario expects.
//
// Threads:   stateless.
// Errors:    FAILED_PRECONDITION says where it differs, and how;
//   INVALID_ARGUMENT: the scenario is wrong.
#ifndef CLIENTS_CPP_CONFORMANCE_MATCH_H_
#define CLIENTS_CPP_CONFORMANCE_MATCH_H_

#include "absl/status/status.h"
#include "clients/cpp/conformance/values.h"
#include "nlohmann/json.hpp"

namespace thespian::gateway::conformance {

// What $save names is saved in `values`, even if something else differs.
absl::Status Match(const nlohmann::json& expected, const nlohmann::json& seen,
                   Values& values);

}  // namespace thespian::gateway::conformance

#endif  // CLIENTS_CPP_CONFORMANCE_MATCH_H_
