// One Send or SendNamed: answered when the frame is in the child's pipe.
//
// Ownership: deletes itself in OnDone, as gRPC's reactors do, or ends within
//   Start if all is known by then.
// Threads:   the calling gRPC thread writes the frame itself; what the pipe
//   refuses is answered from another.
// Errors:    a deadline that passes before the frame has begun takes it back.
// Memory:    one frame.
#ifndef SERVER_RPC_SEND_CALL_H_
#define SERVER_RPC_SEND_CALL_H_

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <optional>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "endpoint/gateway.h"
#include "endpoint/mutex.h"
#include "server/rpc/call_context.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {

class SendCall final : public grpc::ServerUnaryReactor {
 public:
  // What of a request is the same for both RPCs. Its views are of use within
  // Start alone.
  struct Request {
    std::string_view endpoint;
    const v1::Payload& payload;
    Outgoing message;  // without its payload
    const Caller& caller;
    AccessRequest access;  // that it was admitted with
  };

  // Called with the incarnation that took the message, before the answer is
  // sent.
  using OnTaken = absl::AnyInvocable<void(Incarnation)>;

  static grpc::ServerUnaryReactor* Start(Gateway& gateway,
                                         grpc::CallbackServerContext* context,
                                         Request request, OnTaken on_taken);

 private:
  explicit SendCall(OnTaken on_taken) : on_taken_(std::move(on_taken)) {}

  // The answer, if it is known; else OnWritten finishes the call.
  std::optional<absl::Status> Submit(Gateway& gateway,
                                     const CallContext& context,
                                     Request& request, FrameBatch& batch);
  absl::Status MakeBatch(Gateway& gateway, const CallContext& context,
                         Request& request, FrameBatch& batch);
  std::optional<absl::Status> Await(SessionSender::Submitted submitted);
  void OnWritten(const absl::Status& status);

  void OnCancel() override;
  void OnDone() override { delete this; }

  OnTaken on_taken_;
  EndpointHandle endpoint_;
  std::shared_ptr<LocalActor> sender_;  // null: anonymous
  Incarnation incarnation_;

  // Of a frame that waits.
  Mutex mutex_;
  std::optional<absl::Status> result_ ABSL_GUARDED_BY(mutex_);
  std::optional<SessionSender::Submitted> submitted_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace thespian::gateway

#endif  // SERVER_RPC_SEND_CALL_H_
