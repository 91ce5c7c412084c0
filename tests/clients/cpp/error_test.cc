#include "clients/cpp/error.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/clients/fake_gateway.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway::client {
namespace {

using absl::StatusCode;

TEST(ClientErrorTest, KeepsCodeMessageReasonAndRetry) {
  const google::rpc::Status rich =
      RichError(StatusCode::kUnavailable, "the child is starting",
                "ENDPOINT_DOWN", /*retryable=*/true);
  for (const absl::Status& status : {FromGrpc(AsGrpc(rich)), FromProto(rich)}) {
    EXPECT_THAT(status,
                StatusIs(StatusCode::kUnavailable, "the child is starting"));
    EXPECT_EQ(ReasonOf(status), "ENDPOINT_DOWN");
    EXPECT_TRUE(IsRetryable(status));
  }
}

TEST(ClientErrorTest, WithoutDetailsThereIsNoReason) {
  const absl::Status status =
      FromGrpc({grpc::StatusCode::INTERNAL, "broken", "no status at all"});
  EXPECT_THAT(status, StatusIs(StatusCode::kInternal, "broken"));
  EXPECT_EQ(ReasonOf(status), "");
  EXPECT_FALSE(IsRetryable(status));
}

TEST(ClientErrorTest, OkIsOk) {
  EXPECT_THAT(FromGrpc(grpc::Status::OK), IsOk());
  EXPECT_THAT(FromProto({}), IsOk());
  EXPECT_EQ(ReasonOf(absl::OkStatus()), "");
}

TEST(ClientErrorTest, AnErrorOfOurOwnHasAReasonToo) {
  const absl::Status status =
      MakeError(StatusCode::kResourceExhausted, "QUEUE_FULL", "full");
  EXPECT_THAT(status, StatusIs(StatusCode::kResourceExhausted, "full"));
  EXPECT_EQ(ReasonOf(status), "QUEUE_FULL");
}

}  // namespace
}  // namespace thespian::gateway::client
