// The RPCs of AdminService, for operators.
//
// Ownership: borrows the gateway.
// Threads:   safe from any thread.
// Errors:    see admin.proto.
#ifndef SERVER_RPC_ADMIN_SERVICE_H_
#define SERVER_RPC_ADMIN_SERVICE_H_

#include "endpoint/gateway.h"
#include "server/rpc/gate.h"
#include "thespian/gateway/v1/admin.grpc.pb.h"

namespace thespian::gateway {

template <typename Service>
using WithRawAdmin = v1::AdminService::WithRawCallbackMethod_StartEndpoint<
    v1::AdminService::WithRawCallbackMethod_StopEndpoint<
        v1::AdminService::WithRawCallbackMethod_RestartEndpoint<
            v1::AdminService::WithRawCallbackMethod_GetFlightRecord<
                v1::AdminService::WithRawCallbackMethod_Reload<
                    v1::AdminService::WithRawCallbackMethod_ScaleEndpoint<
                        v1::AdminService::WithRawCallbackMethod_ReplaceEndpoint<
                            Service>>>>>>>;

class AdminService final : public WithRawAdmin<v1::AdminService::Service> {
 public:
  AdminService(Gateway& gateway, const Gate& gate)
      : gateway_(gateway), gate_(gate) {}

  grpc::ServerUnaryReactor* StartEndpoint(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* StopEndpoint(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* RestartEndpoint(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetFlightRecord(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Reload(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* request,
                                   grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ScaleEndpoint(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ReplaceEndpoint(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;

 private:
  Gateway& gateway_;
  const Gate gate_;
};

}  // namespace thespian::gateway

#endif  // SERVER_RPC_ADMIN_SERVICE_H_
