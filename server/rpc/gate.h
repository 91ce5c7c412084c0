// Where every RPC comes in: who calls, and whether that is allowed, before
// anything is done.
//
// Ownership: borrows the gateway and the control of access.
// Threads:   safe from any thread.
// Errors:    UNAUTHENTICATED, FORBIDDEN, LIMIT_REACHED; FIELD_INVALID for what
//   can't be read.
// Memory:    none.
#ifndef SERVER_RPC_GATE_H_
#define SERVER_RPC_GATE_H_

#include <grpcpp/support/server_callback.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/gateway.h"
#include "server/access/access_control.h"
#include "server/codec/raw_message.h"
#include "server/stream/access_of.h"

namespace thespian::gateway {

class Gate {
 public:
  // `serves_admin`: by the listeners of this service AdminService is served.
  Gate(const Gateway& gateway, AccessControl& access, bool serves_admin)
      : gateway_(gateway), access_(access), serves_admin_(serves_admin) {}

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
  absl::StatusOr<Caller> Identify(const grpc::CallbackServerContext& context,
                                  Method method) const;
  absl::Status Allow(const Caller& caller, const AccessRequest& request) const;

  const Gateway& gateway_;
  AccessControl& access_;
  const bool serves_admin_;
};

}  // namespace thespian::gateway

#endif  // SERVER_RPC_GATE_H_
