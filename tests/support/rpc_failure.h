// What a client can tell of a call or a command that failed.
//
// Errors:    details that can't be read are missing.
#ifndef TESTS_SUPPORT_RPC_FAILURE_H_
#define TESTS_SUPPORT_RPC_FAILURE_H_

#include <grpcpp/support/status.h>

#include <ostream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "google/rpc/status.pb.h"

namespace thespian::gateway {

struct RpcFailure {
  grpc::StatusCode code = grpc::StatusCode::OK;
  std::string message;
  std::string domain;
  std::string reason;
  std::vector<std::string> fields;  // of BadRequest
  bool may_retry = false;           // RetryInfo with a delay above 0
  size_t details_bytes = 0;

  friend void PrintTo(const RpcFailure& failure, std::ostream* out) {
    *out << "code " << failure.code << ", " << failure.domain << "/"
         << failure.reason << ", fields "
         << ::testing::PrintToString(failure.fields)
         << (failure.may_retry ? ", may retry: " : ": ") << failure.message;
  }
};

RpcFailure FailureOf(const google::rpc::Status& status);
// The details must say the same as the status.
RpcFailure FailureOf(const grpc::Status& status);

// Those of which the API says that they may be tried again.
bool MayRetry(const std::string& reason);

// A failure, or a status, with everything that each error promises.
MATCHER_P2(FailsWith, code, reason,
           "fails with code " + ::testing::PrintToString(code) +
               " and reason " + reason) {
  const RpcFailure failure = FailureOf(arg);
  *result_listener << "which is " << ::testing::PrintToString(failure);
  return failure.code == code && failure.reason == reason &&
         failure.domain == "thespian.gateway" && !failure.message.empty() &&
         failure.may_retry == MayRetry(reason) && failure.details_bytes < 2'048;
}

MATCHER(IsRpcOk, negation ? "has failed" : "is OK") {
  *result_listener << "which is " << ::testing::PrintToString(FailureOf(arg));
  return FailureOf(arg).code == grpc::StatusCode::OK;
}

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_RPC_FAILURE_H_
