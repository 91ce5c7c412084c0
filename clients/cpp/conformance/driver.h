// The driver, who runs this program and its gateways: a JSON value on each
// line.
//
// Ownership: borrows the streams.
// Threads:   thread-compatible.
// Errors:    what is no JSON is INVALID_ARGUMENT, the end of the input
//   OUT_OF_RANGE.
#ifndef CLIENTS_CPP_CONFORMANCE_DRIVER_H_
#define CLIENTS_CPP_CONFORMANCE_DRIVER_H_

#include <istream>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

namespace thespian::gateway::conformance {

class Driver {
 public:
  Driver(std::istream& in, std::ostream& out) : in_(in), out_(out) {}

  absl::StatusOr<nlohmann::json> Read();
  void Write(const nlohmann::json& line);

  // Has it do something to the gateway, and waits until it is done.
  absl::Status Ask(const std::string& action);

 private:
  std::istream& in_;
  std::ostream& out_;
};

}  // namespace thespian::gateway::conformance

#endif  // CLIENTS_CPP_CONFORMANCE_DRIVER_H_
