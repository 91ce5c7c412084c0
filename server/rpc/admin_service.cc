#include "server/rpc/admin_service.h"

#include <string>
#include <utility>

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

// Answers with the members that `name` stands for.
template <typename Response>
auto AnswerWithMembers(const Gateway& gateway, std::string name,
                       grpc::ServerUnaryReactor* reactor,
                       grpc::ByteBuffer& response) {
  return [&gateway, name = std::move(name), reactor,
          &response](const absl::Status& status) {
    if (status.ok()) {
      Response answer;
      const auto members = gateway.directory().Serving(name);
      if (members.ok()) {
        for (const EndpointHandle& member : *members) {
          ToApi(gateway, *member, *answer.add_endpoints());
        }
      }
      Write(answer, response);
    }
    reactor->Finish(ToGrpcStatus(status));
  };
}

v1::ReloadResponse ToApi(const Operations::Reloaded& reloaded) {
  v1::ReloadResponse api;
  for (const std::string& name : reloaded.added) api.add_added(name);
  for (const std::string& name : reloaded.removed) api.add_removed(name);
  for (const std::string& name : reloaded.changed) api.add_changed(name);
  for (const std::string& name : reloaded.unchanged) api.add_unchanged(name);
  return api;
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

grpc::ServerUnaryReactor* AdminService::Reload(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  v1::ReloadRequest parsed;
  const absl::Status status = Parse(*request, parsed);
  if (!status.ok()) return Answer(context, status);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  gateway_.operations().Reload(
      [reactor, response](const absl::StatusOr<Operations::Reloaded>& done) {
        if (done.ok()) Write(ToApi(*done), *response);
        reactor->Finish(ToGrpcStatus(done.status()));
      });
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::ScaleEndpoint(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  v1::ScaleEndpointRequest parsed;
  const absl::Status status = Parse(*request, parsed);
  if (!status.ok()) return Answer(context, status);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  gateway_.operations().Scale(
      parsed.endpoint(), parsed.replicas(),
      AnswerWithMembers<v1::ScaleEndpointResponse>(gateway_, parsed.endpoint(),
                                                   reactor, *response));
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::ReplaceEndpoint(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  v1::ReplaceEndpointRequest parsed;
  const absl::Status status = Parse(*request, parsed);
  if (!status.ok()) return Answer(context, status);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  gateway_.operations().Replace(
      parsed.endpoint(), AnswerWithMembers<v1::ReplaceEndpointResponse>(
                             gateway_, parsed.endpoint(), reactor, *response));
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::GetFlightRecord(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Answer(gateway::GetFlightRecord, gateway_, context, *request,
                *response);
}

}  // namespace thespian::gateway
