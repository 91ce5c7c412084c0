// Debian's abseil has a string_view of its own; the rest of the code has the
// standard one.
#ifndef ENDPOINT_WIRE_STATUS_TEXT_H_
#define ENDPOINT_WIRE_STATUS_TEXT_H_

#include <string_view>

#include "absl/status/status.h"

namespace thespian::gateway {

// The message of a status; valid as long as the status is.
inline std::string_view MessageOf(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

}  // namespace thespian::gateway

#endif  // ENDPOINT_WIRE_STATUS_TEXT_H_
