#include "clients/cli/exit_code.h"

#include <string>

#include "clients/cpp/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/clients/fake_gateway.h"

namespace thespian::gateway::cli {
namespace {

using absl::StatusCode;
using ::testing::HasSubstr;
using ::testing::Not;

absl::Status Error(StatusCode code, const std::string& reason,
                   bool retryable = false) {
  return client::FromProto(RichError(code, "what happened", reason, retryable));
}

TEST(ExitCodeTest, IsThatOfSysexits) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), 0);
  EXPECT_EQ(ExitCodeOf(Error(StatusCode::kInvalidArgument, "FIELD_INVALID")),
            64);
  EXPECT_EQ(ExitCodeOf(Error(StatusCode::kInvalidArgument, "PAYLOAD_INVALID")),
            65);
  EXPECT_EQ(ExitCodeOf(Error(StatusCode::kInvalidArgument, "FRAME_TOO_LARGE")),
            65);
  EXPECT_EQ(ExitCodeOf(BadPayload(absl::NotFoundError("no file"))), 65);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("connection refused")), 69);
  EXPECT_EQ(ExitCodeOf(Error(StatusCode::kUnavailable, "ENDPOINT_FAILED")), 69);
  EXPECT_EQ(ExitCodeOf(Error(StatusCode::kUnavailable, "ENDPOINT_DOWN", true)),
            75);
  EXPECT_EQ(
      ExitCodeOf(Error(StatusCode::kResourceExhausted, "QUEUE_FULL", true)),
      75);
  EXPECT_EQ(ExitCodeOf(absl::DeadlineExceededError("late")), 75);
  EXPECT_EQ(ExitCodeOf(Error(StatusCode::kPermissionDenied, "FORBIDDEN")), 77);
  EXPECT_EQ(ExitCodeOf(absl::UnauthenticatedError("who")), 77);
  EXPECT_EQ(ExitCodeOf(Error(StatusCode::kNotFound, "ACTOR_UNKNOWN")), 67);
  EXPECT_EQ(ExitCodeOf(Error(StatusCode::kNotFound, "NAME_UNKNOWN")), 67);
  EXPECT_EQ(ExitCodeOf(Error(StatusCode::kNotFound, "ENDPOINT_UNKNOWN")), 67);
  EXPECT_EQ(ExitCodeOf(absl::InternalError("bug")), 70);
  EXPECT_EQ(ExitCodeOf(absl::UnimplementedError("")), 76);
  EXPECT_EQ(ExitCodeOf(absl::UnknownError("a check failed")), 1);
}

TEST(ExplainTest, SaysWhereTheGatewayWasLookedFor) {
  EXPECT_EQ(Explain(absl::UnavailableError("connection refused"),
                    {.address = "host:1"}),
            "connection refused\nIs the gateway running at host:1? Set "
            "--address or THESPIAN_GATEWAY_ADDRESS. If it has TLS, --tls or "
            "--ca is missing.");
  EXPECT_EQ(Explain(absl::UnavailableError("certificate verify failed"),
                    {.address = "host:1", .tls = true}),
            "certificate verify failed\nIs the gateway running at host:1? Set "
            "--address or THESPIAN_GATEWAY_ADDRESS.");
}

TEST(ExplainTest, NamesTheReason) {
  EXPECT_EQ(Explain(Error(StatusCode::kNotFound, "NAME_TAKEN"), {}),
            "what happened (NAME_TAKEN)");
}

TEST(ExplainTest, SaysWhatToDo) {
  const auto explained = [](const absl::Status& status) {
    return Explain(status, {.address = "host:1"});
  };
  EXPECT_THAT(explained(Error(StatusCode::kUnavailable, "ENDPOINT_DOWN", true)),
              HasSubstr("may work later"));
  EXPECT_THAT(explained(Error(StatusCode::kUnavailable, "ENDPOINT_FAILED")),
              Not(HasSubstr("--address")));
  EXPECT_THAT(explained(Error(StatusCode::kNotFound, "ENDPOINT_UNKNOWN")),
              HasSubstr("`endpoints`"));
  EXPECT_THAT(explained(Error(StatusCode::kNotFound, "ACTOR_UNKNOWN")),
              HasSubstr("`proxies`"));
  EXPECT_THAT(explained(Error(StatusCode::kNotFound, "NAME_UNKNOWN")),
              HasSubstr("`endpoint` shows the names"));
  EXPECT_THAT(explained(Error(StatusCode::kOutOfRange, "SEQUENCE_COMPACTED")),
              HasSubstr("--no-snapshot"));
  EXPECT_THAT(explained(absl::UnimplementedError("")),
              HasSubstr("a thespian gateway that runs at host:1"));
  EXPECT_THAT(explained(absl::DeadlineExceededError("late")),
              HasSubstr("--timeout"));
}

TEST(ExplainTest, ALateCallToANameMayBeToNobody) {
  const absl::Status late = absl::DeadlineExceededError("late");
  EXPECT_THAT(Explain(late, {.called_name = "echp"}),
              HasSubstr("no actor 'echp'"));
  EXPECT_THAT(Explain(late, {}), Not(HasSubstr("no actor")));
}

TEST(ExplainTest, AnErrorWithoutWordsHasItsCode) {
  EXPECT_EQ(Explain(absl::AbortedError(""), {}), "ABORTED");
}

}  // namespace
}  // namespace thespian::gateway::cli
