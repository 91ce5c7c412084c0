#include "server/rpc/admin_service.h"

#include "server/codec/rpc_error.h"
#include "server/observe/stats.h"
#include "server/rpc/lists.h"
#include "server/rpc/unary_answer.h"

namespace thespian::gateway {
namespace {

// Answers, with the endpoint as it then is, when it has come to rest.
template <typename Request, typename Response>
grpc::ServerUnaryReactor* Ask(const Gateway& gateway,
                              grpc::CallbackServerContext* context,
                              const grpc::ByteBuffer& bytes,
                              grpc::ByteBuffer& response,
                              Endpoint::Request request) {
  Request parsed;
  const absl::Status status = Parse(bytes, parsed);
  if (!status.ok()) return Answer(context, status);
  const absl::StatusOr<EndpointHandle> endpoint =
      gateway.FindOneEndpoint(parsed.endpoint());
  if (!endpoint.ok()) return Answer(context, endpoint.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  (*endpoint)->Ask(request, [&gateway, reactor, found = *endpoint,
                             &response](const absl::Status& settled) {
    if (settled.ok()) {
      Response answer;
      ToApi(gateway, *found, *answer.mutable_endpoint());
      Write(answer, response);
    }
    reactor->Finish(ToGrpcStatus(settled));
  });
  return reactor;
}

}  // namespace

grpc::ServerUnaryReactor* AdminService::StartEndpoint(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Ask<v1::StartEndpointRequest, v1::StartEndpointResponse>(
      gateway_, context, *request, *response, Endpoint::Request::kStart);
}

grpc::ServerUnaryReactor* AdminService::StopEndpoint(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Ask<v1::StopEndpointRequest, v1::StopEndpointResponse>(
      gateway_, context, *request, *response, Endpoint::Request::kStop);
}

grpc::ServerUnaryReactor* AdminService::RestartEndpoint(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Ask<v1::RestartEndpointRequest, v1::RestartEndpointResponse>(
      gateway_, context, *request, *response, Endpoint::Request::kRestart);
}

grpc::ServerUnaryReactor* AdminService::GetFlightRecord(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Answer(gateway::GetFlightRecord, gateway_, context, *request,
                *response);
}

}  // namespace thespian::gateway
