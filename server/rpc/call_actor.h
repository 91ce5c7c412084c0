// One Call: a local actor that lives from the request to the first reply.
//
// Ownership: shared by gRPC (until OnDone), the registry of local actors and
//   the child's writer, which end at unrelated times.
// Threads:   the calling gRPC thread writes the request; the endpoint's loop
//   brings the reply.
// Errors:    the first of reply, death of the target or the child, deadline
//   and cancel ends the call, once, and its actor with it.
// Memory:    one message each way.
#ifndef SERVER_RPC_CALL_ACTOR_H_
#define SERVER_RPC_CALL_ACTOR_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <optional>

#include "endpoint/gateway.h"
#include "endpoint/mutex.h"
#include "server/access/access_control.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {

class CallActor final : public grpc::ServerUnaryReactor,
                        public LocalActor,
                        public std::enable_shared_from_this<CallActor> {
 public:
  // `response` stays until OnDone, as gRPC's does.
  static grpc::ServerUnaryReactor* Start(Gateway& gateway, const Caller& caller,
                                         v1::CallRequest request,
                                         grpc::ByteBuffer& response);

  // Use Start.
  CallActor(Gateway& gateway, const Caller& caller, v1::CallRequest request,
            grpc::ByteBuffer& response);

  // LocalActor
  void OnMail() override;

 private:
  absl::Status Ask();
  absl::Status Find();
  void CountAt(EndpointHandle endpoint);
  absl::Status AskEndpoint();
  absl::Status MakeBatch(FrameBatch& batch);
  absl::Status Submit(FrameBatch& batch);

  bool IsOfAsked(const MailHead& head);
  // What this mail means for the call; nothing if it goes on.
  std::optional<absl::Status> Judge(const MailHead& head,
                                    std::string_view text);
  void WriteReply(const MailHead& head, std::string_view cbor);

  // Ends the call, if it has not ended yet.
  void End(const absl::Status& status, const char* reason);
  bool ClaimEnd();

  void OnCancel() override;
  void OnDone() override;

  Gateway& gateway_;
  const Caller caller_;
  Lease lease_;  // until the call ends
  const v1::CallRequest request_;
  grpc::ByteBuffer& response_;
  EndpointHandle endpoint_;          // the asking thread's
  std::shared_ptr<CallActor> self_;  // until OnDone

  Mutex mutex_;
  // What is asked, for whoever brings mail: its count of calls has this one.
  EndpointHandle asked_ ABSL_GUARDED_BY(mutex_);
  Incarnation incarnation_ ABSL_GUARDED_BY(mutex_);
  bool opened_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<SessionSender::Submitted> submitted_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace thespian::gateway

#endif  // SERVER_RPC_CALL_ACTOR_H_
