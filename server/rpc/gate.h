// Where every RPC comes in: who calls, and whether that is allowed, before
// anything is done.
//
// Ownership: borrows the gateway and the control of access.
// Threads:   safe from any thread.
// Errors:    UNAUTHENTICATED, FORBIDDEN, LIMIT_REACHED; FIELD_INVALID for what
//   can't be read.
// Memory:    none. Callers borrow it.
#ifndef SERVER_RPC_GATE_H_
#define SERVER_RPC_GATE_H_

#include <grpcpp/support/server_callback.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/gateway.h"
#include "server/access/access_control.h"
#include "server/codec/raw_message.h"
#include "server/stream/access_of.h"

namespace thespian::gateway {

class Gate {
 public:
  Gate(const Gateway& gateway, AccessControl& access, Entrance entrance)
      : gateway_(gateway), access_(access), entrance_(std::move(entrance)) {}

  // Of a unary RPC, whose request is read.
  template <typename Request>
  absl::StatusOr<Caller> Admit(const grpc::CallbackServerContext& context,
                               const grpc::ByteBuffer& bytes,
                               Request& request) const {
    absl::StatusOr<Caller> caller = Identify(context, AccessOf(request).method);
    if (!caller.ok()) return caller;
    absl::Status status = Parse(bytes, request);
    if (status.ok()) status = Allow(*caller, AccessOf(request));
    if (!status.ok()) return status;
    return caller;
  }

  // Of a stream, which asks for what its messages say itself.
  absl::StatusOr<Caller> Admit(const grpc::CallbackServerContext& context,
                               Method method) const;

 private:
  // What the call shows, as far as anybody looks at it.
  AccessControl::Contact ContactOf(const grpc::CallbackServerContext& context,
                                   Method method) const;
  absl::StatusOr<Caller> Identify(const grpc::CallbackServerContext& context,
                                  Method method) const;
  absl::Status Allow(const Caller& caller, const AccessRequest& request) const;

  const Gateway& gateway_;
  AccessControl& access_;
  const Entrance entrance_;
};

}  // namespace thespian::gateway

#endif  // SERVER_RPC_GATE_H_
