// The RPCs of AdminService, for operators.
//
// Ownership: borrows the gateway.
// Threads:   safe from any thread.
// Errors:    see admin.proto.
#ifndef SERVER_RPC_ADMIN_SERVICE_H_
#define SERVER_RPC_ADMIN_SERVICE_H_

#include <string>

#include "endpoint/gateway.h"
#include "thespian/gateway/v1/admin.grpc.pb.h"

namespace thespian::gateway {

class AdminService final : public v1::AdminService::CallbackService {
 public:
  explicit AdminService(Gateway& gateway) : gateway_(gateway) {}

  grpc::ServerUnaryReactor* StartEndpoint(
      grpc::CallbackServerContext* context,
      const v1::StartEndpointRequest* request,
      v1::StartEndpointResponse* response) override;
  grpc::ServerUnaryReactor* StopEndpoint(
      grpc::CallbackServerContext* context,
      const v1::StopEndpointRequest* request,
      v1::StopEndpointResponse* response) override;
  grpc::ServerUnaryReactor* RestartEndpoint(
      grpc::CallbackServerContext* context,
      const v1::RestartEndpointRequest* request,
      v1::RestartEndpointResponse* response) override;
  grpc::ServerUnaryReactor* GetFlightRecord(
      grpc::CallbackServerContext* context,
      const v1::GetFlightRecordRequest* request,
      v1::GetFlightRecordResponse* response) override;

 private:
  // Answers, with the endpoint as it then is, when it has come to rest.
  grpc::ServerUnaryReactor* Ask(grpc::CallbackServerContext* context,
                                const std::string& name,
                                Endpoint::Request request, v1::Endpoint& as);

  Gateway& gateway_;
};

}  // namespace thespian::gateway

#endif  // SERVER_RPC_ADMIN_SERVICE_H_
