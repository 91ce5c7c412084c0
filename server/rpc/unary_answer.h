// The answer to a unary RPC that is known at once.
//
// Threads:   stateless; safe from any thread.
#ifndef SERVER_RPC_UNARY_ANSWER_H_
#define SERVER_RPC_UNARY_ANSWER_H_

#include <grpcpp/support/server_callback.h>

#include "absl/status/status.h"
#include "server/codec/rpc_error.h"

namespace thespian::gateway {

inline grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context,
                                        const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

}  // namespace thespian::gateway

#endif  // SERVER_RPC_UNARY_ANSWER_H_
