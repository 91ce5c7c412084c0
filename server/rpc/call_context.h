// Who calls, and how: all that the implementation of an RPC knows of its call.
// Made in one place, ContextOf.
//
// Ownership: views of the RPC's metadata, valid until the RPC ends, and of the
//   caller.
// Threads:   values.
// Errors:    none.
// Memory:    none.
#ifndef SERVER_RPC_CALL_CONTEXT_H_
#define SERVER_RPC_CALL_CONTEXT_H_

#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <string_view>

#include "server/access/access_control.h"

namespace thespian::gateway {

struct CallContext {
  const Caller& caller;
  // Of the actor for which the caller speaks: the metadata x-actor-token.
  // Empty: there is none.
  std::string_view actor_token;
  // time_point::max(): there is none.
  std::chrono::system_clock::time_point deadline;
};

CallContext ContextOf(const grpc::CallbackServerContext& context,
                      const Caller& caller);

}  // namespace thespian::gateway

#endif  // SERVER_RPC_CALL_CONTEXT_H_
