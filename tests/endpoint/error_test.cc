#include "endpoint/error.h"

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using absl::StatusCode;
using ::testing::Eq;
using ::testing::Optional;
using ::testing::TestWithParam;
using ::testing::ValuesIn;

struct Row {
  ErrorReason reason;
  std::string_view name;
  StatusCode code;
  bool retryable;
};

// The table of errors in the API's contract. What goes away without the
// caller's doing may be tried again.
constexpr Row kRows[] = {
    {ErrorReason::kPayloadInvalid, "PAYLOAD_INVALID",
     StatusCode::kInvalidArgument, false},
    {ErrorReason::kFrameTooLarge, "FRAME_TOO_LARGE",
     StatusCode::kInvalidArgument, false},
    {ErrorReason::kFieldInvalid, "FIELD_INVALID", StatusCode::kInvalidArgument,
     false},
    {ErrorReason::kEndpointUnknown, "ENDPOINT_UNKNOWN", StatusCode::kNotFound,
     false},
    {ErrorReason::kActorUnknown, "ACTOR_UNKNOWN", StatusCode::kNotFound, false},
    {ErrorReason::kIncarnationStale, "INCARNATION_STALE",
     StatusCode::kFailedPrecondition, false},
    {ErrorReason::kActorNotYours, "ACTOR_NOT_YOURS",
     StatusCode::kPermissionDenied, false},
    {ErrorReason::kNameTaken, "NAME_TAKEN", StatusCode::kAlreadyExists, false},
    {ErrorReason::kEndpointDown, "ENDPOINT_DOWN", StatusCode::kUnavailable,
     true},
    {ErrorReason::kShuttingDown, "SHUTTING_DOWN", StatusCode::kUnavailable,
     true},
    {ErrorReason::kEndpointFailed, "ENDPOINT_FAILED", StatusCode::kUnavailable,
     false},
    {ErrorReason::kQueueFull, "QUEUE_FULL", StatusCode::kResourceExhausted,
     true},
    {ErrorReason::kLimitReached, "LIMIT_REACHED",
     StatusCode::kResourceExhausted, true},
    {ErrorReason::kMailboxFull, "MAILBOX_FULL", StatusCode::kResourceExhausted,
     false},
    {ErrorReason::kSequenceCompacted, "SEQUENCE_COMPACTED",
     StatusCode::kOutOfRange, false},
    {ErrorReason::kActorExited, "ACTOR_EXITED", StatusCode::kAborted, false},
    {ErrorReason::kAttachProtocol, "ATTACH_PROTOCOL",
     StatusCode::kFailedPrecondition, false},
    {ErrorReason::kUnauthenticated, "UNAUTHENTICATED",
     StatusCode::kUnauthenticated, false},
    {ErrorReason::kForbidden, "FORBIDDEN", StatusCode::kPermissionDenied,
     false},
};

class ErrorTest : public TestWithParam<Row> {};

TEST_P(ErrorTest, IsMadeAsTheApiSays) {
  const Row& row = GetParam();
  EXPECT_EQ(ReasonName(row.reason), row.name);
  EXPECT_EQ(IsRetryable(row.reason), row.retryable);
  const absl::Status status = MakeError(row.reason, "the text");
  EXPECT_THAT(status, StatusIs(row.code, Eq("the text")));
  EXPECT_THAT(ReasonOf(status), Optional(row.reason));
  EXPECT_EQ(FieldOf(status), std::nullopt);
}

TEST_P(ErrorTest, NamesTheField) {
  const Row& row = GetParam();
  const absl::Status status =
      MakeFieldError(row.reason, "commands[3].payload", "the text");
  EXPECT_THAT(status, StatusIs(row.code, Eq("the text")));
  EXPECT_THAT(ReasonOf(status), Optional(row.reason));
  EXPECT_THAT(FieldOf(status), Optional(std::string("commands[3].payload")));
}

INSTANTIATE_TEST_SUITE_P(Rows, ErrorTest, ValuesIn(kRows), [](const auto& row) {
  return std::string(row.param.name);
});

TEST(ErrorTest, StatusesOfOthersHaveNoReason) {
  for (const absl::Status& status :
       {absl::OkStatus(), absl::UnavailableError("no"),
        absl::NotFoundError("no")}) {
    EXPECT_EQ(ReasonOf(status), std::nullopt) << status;
    EXPECT_EQ(FieldOf(status), std::nullopt) << status;
  }
}

}  // namespace
}  // namespace thespian::gateway
