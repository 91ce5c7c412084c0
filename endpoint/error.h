// The errors that the API promises, made in one place: a reason decides the
// canonical code, the message names the field, the limit and the value.
//
// Ownership: everything travels inside the absl::Status.
// Threads:   stateless; safe from any thread.
#ifndef ENDPOINT_ERROR_H_
#define ENDPOINT_ERROR_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace thespian::gateway {

enum class ErrorReason {
  kPayloadInvalid,
  kFrameTooLarge,
  kFieldInvalid,
  kEndpointUnknown,
  kActorUnknown,
  kNameUnknown,
  kIncarnationStale,
  kActorNotYours,
  kNameTaken,
  kEndpointDown,
  kShuttingDown,
  kEndpointFailed,
  kQueueFull,
  kLimitReached,
  kMailboxFull,
  kSequenceCompacted,
  kActorExited,
  kAttachProtocol,
  kUnauthenticated,
  kForbidden,
};

// The name under which clients know the reason, such as "PAYLOAD_INVALID".
std::string_view ReasonName(ErrorReason reason);

// True for what may be tried again unchanged.
bool IsRetryable(ErrorReason reason);

// An error about nothing in particular that the caller said.
absl::Status MakeError(ErrorReason reason, std::string_view message);

// An error about `field` of the request, named as in the .proto.
absl::Status MakeFieldError(ErrorReason reason, std::string_view field,
                            std::string_view message);

// What MakeError and MakeFieldError put in; nothing for any other status.
std::optional<ErrorReason> ReasonOf(const absl::Status& status);
std::optional<std::string> FieldOf(const absl::Status& status);

}  // namespace thespian::gateway

#endif  // ENDPOINT_ERROR_H_
