#include "server/rpc/admin_service.h"

#include "server/codec/rpc_error.h"
#include "server/observe/stats.h"
#include "server/rpc/lists.h"
#include "server/rpc/unary_answer.h"

namespace thespian::gateway {

using Request = Endpoint::Request;

grpc::ServerUnaryReactor* AdminService::StartEndpoint(
    grpc::CallbackServerContext* context,
    const v1::StartEndpointRequest* request,
    v1::StartEndpointResponse* response) {
  return Ask(context, request->endpoint(), Request::kStart,
             *response->mutable_endpoint());
}

grpc::ServerUnaryReactor* AdminService::StopEndpoint(
    grpc::CallbackServerContext* context,
    const v1::StopEndpointRequest* request,
    v1::StopEndpointResponse* response) {
  return Ask(context, request->endpoint(), Request::kStop,
             *response->mutable_endpoint());
}

grpc::ServerUnaryReactor* AdminService::RestartEndpoint(
    grpc::CallbackServerContext* context,
    const v1::RestartEndpointRequest* request,
    v1::RestartEndpointResponse* response) {
  return Ask(context, request->endpoint(), Request::kRestart,
             *response->mutable_endpoint());
}

grpc::ServerUnaryReactor* AdminService::Ask(
    grpc::CallbackServerContext* context, const std::string& name,
    Endpoint::Request request, v1::Endpoint& as) {
  const absl::StatusOr<Endpoint*> endpoint = gateway_.FindEndpoint(name);
  if (!endpoint.ok()) return Answer(context, endpoint.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  (*endpoint)->Ask(
      request, [reactor, found = *endpoint, &as](const absl::Status& status) {
        if (status.ok()) ToApi(*found, as);
        reactor->Finish(ToGrpcStatus(status));
      });
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::GetFlightRecord(
    grpc::CallbackServerContext* context,
    const v1::GetFlightRecordRequest* request,
    v1::GetFlightRecordResponse* response) {
  return Answer(gateway::GetFlightRecord, gateway_, context, *request,
                *response);
}

}  // namespace thespian::gateway
