// How failures are told.
//
// Threads:   stateless; safe from any thread.
#ifndef CLIENTS_CPP_CONFORMANCE_WORDING_H_
#define CLIENTS_CPP_CONFORMANCE_WORDING_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "nlohmann/json.hpp"

namespace thespian::gateway::conformance {

// A value for people, cut short.
std::string ShortText(const nlohmann::json& value);

// An error with the place where it was found before its message.
absl::Status At(std::string_view place, const absl::Status& status);

}  // namespace thespian::gateway::conformance

#endif  // CLIENTS_CPP_CONFORMANCE_WORDING_H_
