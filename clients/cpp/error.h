// What the gateway's errors become: absl::Status with the server's message,
// and with what google.rpc.ErrorInfo and RetryInfo say.
//
// Ownership: everything travels inside the absl::Status.
// Threads:   stateless; safe from any thread.
#ifndef CLIENTS_CPP_ERROR_H_
#define CLIENTS_CPP_ERROR_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/status.h"

namespace thespian::gateway::client {

absl::Status FromGrpc(const grpc::Status& status);

// Of a command within a stream (ActorEvent.CommandResult).
absl::Status FromProto(const google::rpc::Status& status);

// ErrorInfo.reason, such as "ACTOR_UNKNOWN"; empty if the error has none, as
// when the gateway could not be reached.
std::string ReasonOf(const absl::Status& status);

// True if the gateway said that the same may be tried again (RetryInfo).
bool IsRetryable(const absl::Status& status);

// An error that this library finds itself, with the gateway's reason for the
// like.
absl::Status MakeError(absl::StatusCode code, std::string_view reason,
                       std::string_view message);

}  // namespace thespian::gateway::client

#endif  // CLIENTS_CPP_ERROR_H_
