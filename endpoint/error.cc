#include "endpoint/error.h"

#include <array>

#include "absl/strings/cord.h"
#include "endpoint/check.h"

namespace thespian::gateway {
namespace {

struct Row {
  ErrorReason reason;
  absl::StatusCode code;
  bool retryable;
  std::string_view name;
};

using absl::StatusCode;

// In the order of the enum.
constexpr std::array<Row, 20> kRows = {{
    {ErrorReason::kPayloadInvalid, StatusCode::kInvalidArgument, false,
     "PAYLOAD_INVALID"},
    {ErrorReason::kFrameTooLarge, StatusCode::kInvalidArgument, false,
     "FRAME_TOO_LARGE"},
    {ErrorReason::kFieldInvalid, StatusCode::kInvalidArgument, false,
     "FIELD_INVALID"},
    {ErrorReason::kEndpointUnknown, StatusCode::kNotFound, false,
     "ENDPOINT_UNKNOWN"},
    {ErrorReason::kActorUnknown, StatusCode::kNotFound, false, "ACTOR_UNKNOWN"},
    {ErrorReason::kNameUnknown, StatusCode::kNotFound, false, "NAME_UNKNOWN"},
    {ErrorReason::kIncarnationStale, StatusCode::kFailedPrecondition, false,
     "INCARNATION_STALE"},
    {ErrorReason::kActorNotYours, StatusCode::kPermissionDenied, false,
     "ACTOR_NOT_YOURS"},
    {ErrorReason::kNameTaken, StatusCode::kAlreadyExists, false, "NAME_TAKEN"},
    {ErrorReason::kEndpointDown, StatusCode::kUnavailable, true,
     "ENDPOINT_DOWN"},
    {ErrorReason::kShuttingDown, StatusCode::kUnavailable, true,
     "SHUTTING_DOWN"},
    {ErrorReason::kEndpointFailed, StatusCode::kUnavailable, false,
     "ENDPOINT_FAILED"},
    {ErrorReason::kQueueFull, StatusCode::kResourceExhausted, true,
     "QUEUE_FULL"},
    {ErrorReason::kLimitReached, StatusCode::kResourceExhausted, true,
     "LIMIT_REACHED"},
    {ErrorReason::kMailboxFull, StatusCode::kResourceExhausted, false,
     "MAILBOX_FULL"},
    {ErrorReason::kSequenceCompacted, StatusCode::kOutOfRange, false,
     "SEQUENCE_COMPACTED"},
    {ErrorReason::kActorExited, StatusCode::kAborted, false, "ACTOR_EXITED"},
    {ErrorReason::kAttachProtocol, StatusCode::kFailedPrecondition, false,
     "ATTACH_PROTOCOL"},
    {ErrorReason::kUnauthenticated, StatusCode::kUnauthenticated, false,
     "UNAUTHENTICATED"},
    {ErrorReason::kForbidden, StatusCode::kPermissionDenied, false,
     "FORBIDDEN"},
}};

constexpr char kReasonUrl[] = "thespian.gateway/reason";
constexpr char kFieldUrl[] = "thespian.gateway/field";

const Row& RowOf(ErrorReason reason) {
  const Row& row = kRows.at(static_cast<size_t>(reason));
  Check(row.reason == reason, "the rows are in the order of the enum");
  return row;
}

std::optional<std::string> PayloadOf(const absl::Status& status,
                                     absl::string_view url) {
  const absl::optional<absl::Cord> payload = status.GetPayload(url);
  if (!payload.has_value()) return std::nullopt;
  return std::string(*payload);
}

}  // namespace

std::string_view ReasonName(ErrorReason reason) { return RowOf(reason).name; }

bool IsRetryable(ErrorReason reason) { return RowOf(reason).retryable; }

absl::Status MakeError(ErrorReason reason, std::string_view message) {
  const Row& row = RowOf(reason);
  absl::Status status(row.code, {message.data(), message.size()});
  status.SetPayload(kReasonUrl, absl::Cord(absl::string_view(row.name.data(),
                                                             row.name.size())));
  return status;
}

absl::Status MakeFieldError(ErrorReason reason, std::string_view field,
                            std::string_view message) {
  absl::Status status = MakeError(reason, message);
  status.SetPayload(kFieldUrl,
                    absl::Cord(absl::string_view(field.data(), field.size())));
  return status;
}

std::optional<ErrorReason> ReasonOf(const absl::Status& status) {
  const std::optional<std::string> name = PayloadOf(status, kReasonUrl);
  if (!name.has_value()) return std::nullopt;
  for (const Row& row : kRows) {
    if (row.name == *name) return row.reason;
  }
  return std::nullopt;
}

std::optional<std::string> FieldOf(const absl::Status& status) {
  return PayloadOf(status, kFieldUrl);
}

}  // namespace thespian::gateway
