#include "tests/support/rpc_failure.h"

#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"

namespace thespian::gateway {

bool MayRetry(const std::string& reason) {
  return reason == "ENDPOINT_DOWN" || reason == "SHUTTING_DOWN" ||
         reason == "QUEUE_FULL" || reason == "LIMIT_REACHED";
}

RpcFailure FailureOf(const google::rpc::Status& status) {
  RpcFailure failure = {.code = static_cast<grpc::StatusCode>(status.code()),
                        .message = status.message(),
                        .details_bytes = status.ByteSizeLong()};
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest bad_request;
  google::rpc::RetryInfo retry;
  for (const google::protobuf::Any& detail : status.details()) {
    if (detail.UnpackTo(&info)) {
      failure.domain = info.domain();
      failure.reason = info.reason();
    } else if (detail.UnpackTo(&bad_request)) {
      for (const auto& violation : bad_request.field_violations()) {
        failure.fields.push_back(violation.field());
      }
    } else if (detail.UnpackTo(&retry)) {
      failure.may_retry =
          retry.retry_delay().seconds() > 0 || retry.retry_delay().nanos() > 0;
    }
  }
  return failure;
}

RpcFailure FailureOf(const grpc::Status& status) {
  google::rpc::Status details;
  details.ParseFromString(status.error_details());
  RpcFailure failure = FailureOf(details);
  failure.code = status.error_code();
  failure.message = status.error_message();
  failure.details_bytes = status.error_details().size();
  if (failure.details_bytes > 0) {
    EXPECT_EQ(details.code(), static_cast<int>(failure.code));
    EXPECT_EQ(details.message(), failure.message);
  }
  return failure;
}

}  // namespace thespian::gateway
