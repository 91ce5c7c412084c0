// The answer to a unary RPC that is known at once. A limit that was reached is
// told later; see RefusedRpc.
//
// Threads:   stateless; safe from any thread.
#ifndef SERVER_RPC_UNARY_ANSWER_H_
#define SERVER_RPC_UNARY_ANSWER_H_

#include <grpcpp/support/server_callback.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/gateway.h"
#include "server/codec/raw_message.h"
#include "server/codec/rpc_error.h"
#include "server/rpc/call_context.h"
#include "server/rpc/gate.h"
#include "server/stream/refused_rpc.h"

namespace thespian::gateway {

inline grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context,
                                        const absl::Status& status) {
  if (IsLimitReached(status)) {
    return RefusedRpc<grpc::ServerUnaryReactor>::Start(status);
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

// With what `rpc` makes of the call and its request.
template <typename Request, typename Response>
grpc::ServerUnaryReactor* Answer(
    absl::StatusOr<Response> (*rpc)(const Gateway&, const CallContext&,
                                    const Request&),
    const Gateway& gateway, const Gate& gate,
    grpc::CallbackServerContext* context, const grpc::ByteBuffer& bytes,
    grpc::ByteBuffer& response) {
  Request request;
  const absl::StatusOr<Caller> caller = gate.Admit(*context, bytes, request);
  if (!caller.ok()) return Answer(context, caller.status());
  const absl::StatusOr<Response> made =
      rpc(gateway, ContextOf(*context, *caller), request);
  if (made.ok()) Write(*made, response);
  return Answer(context, made.status());
}

}  // namespace thespian::gateway

#endif  // SERVER_RPC_UNARY_ANSWER_H_
