// Our errors as gRPC's: the canonical code, the message, and details by which
// a program can tell what happened.
//
// Threads:   stateless; safe from any thread.
// Memory:    details stay under 2 KiB; gRPC replaces the status of larger ones.
#ifndef SERVER_CODEC_RPC_ERROR_H_
#define SERVER_CODEC_RPC_ERROR_H_

#include <grpcpp/support/status.h>

#include <chrono>

#include "absl/status/status.h"
#include "google/rpc/status.pb.h"

namespace thespian::gateway {

// ErrorInfo (domain "thespian.gateway") for every error made by MakeError,
// BadRequest where a field is to blame, RetryInfo where it may pass.
google::rpc::Status ToRpcStatus(const absl::Status& status);

grpc::Status ToGrpcStatus(const absl::Status& status);

// When what may pass may be tried again, as RetryInfo says.
inline constexpr std::chrono::milliseconds kRetryAfter{100};

// The caller has, or asks for, more than it may.
bool IsLimitReached(const absl::Status& status);

}  // namespace thespian::gateway

#endif  // SERVER_CODEC_RPC_ERROR_H_
