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
grpc::ServerUnaryReactor* Ask(const Gateway& gateway, const Gate& gate,
                              grpc::CallbackServerContext* context,
                              const grpc::ByteBuffer& bytes,
                              grpc::ByteBuffer& response,
                              Endpoint::Request request) {
  Request parsed;
  const absl::StatusOr<Caller> caller = gate.Admit(*context, bytes, parsed);
  if (!caller.ok()) return Answer(context, caller.status());
  const Method method = AccessOf(parsed).method;
  const absl::StatusOr<EndpointHandle> endpoint =
      gateway.FindOneEndpoint(parsed.endpoint());
  if (!endpoint.ok()) return Answer(context, endpoint.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  (*endpoint)->Ask(
      request, [&gateway, reactor, found = *endpoint, &response,
                caller = *caller, method](const absl::Status& settled) {
        if (settled.ok()) {
          Response answer;
          Describe(gateway, *found, caller, method, *answer.mutable_endpoint());
          Write(answer, response);
        }
        caller.NoteChange(method, found->name(), settled);
        reactor->Finish(ToGrpcStatus(settled));
      });
  return reactor;
}

// Answers with the members that `name` stands for.
template <typename Response>
auto AnswerWithMembers(const Gateway& gateway, const Caller& caller,
                       Method method, std::string name,
                       grpc::ServerUnaryReactor* reactor,
                       grpc::ByteBuffer& response) {
  return [&gateway, caller, method, name = std::move(name), reactor,
          &response](const absl::Status& status) {
    if (status.ok()) {
      Response answer;
      const auto members = gateway.directory().Serving(name);
      if (members.ok()) {
        for (const EndpointHandle& member : *members) {
          Describe(gateway, *member, caller, method, *answer.add_endpoints());
        }
      }
      Write(answer, response);
    }
    caller.NoteChange(method, name, status);
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
      gateway_, gate_, context, *request, *response, Endpoint::Request::kStart);
}

grpc::ServerUnaryReactor* AdminService::StopEndpoint(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Ask<v1::StopEndpointRequest, v1::StopEndpointResponse>(
      gateway_, gate_, context, *request, *response, Endpoint::Request::kStop);
}

grpc::ServerUnaryReactor* AdminService::RestartEndpoint(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Ask<v1::RestartEndpointRequest, v1::RestartEndpointResponse>(
      gateway_, gate_, context, *request, *response,
      Endpoint::Request::kRestart);
}

grpc::ServerUnaryReactor* AdminService::Reload(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  v1::ReloadRequest parsed;
  const absl::StatusOr<Caller> caller = gate_.Admit(*context, *request, parsed);
  if (!caller.ok()) return Answer(context, caller.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  gateway_.operations().Reload(
      [reactor, response,
       caller = *caller](const absl::StatusOr<Operations::Reloaded>& done) {
        caller.NoteChange(Method::kReload, "", done.status());
        if (done.ok()) Write(ToApi(*done), *response);
        reactor->Finish(ToGrpcStatus(done.status()));
      });
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::ScaleEndpoint(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  v1::ScaleEndpointRequest parsed;
  const absl::StatusOr<Caller> caller = gate_.Admit(*context, *request, parsed);
  if (!caller.ok()) return Answer(context, caller.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  gateway_.operations().Scale(parsed.endpoint(), parsed.replicas(),
                              AnswerWithMembers<v1::ScaleEndpointResponse>(
                                  gateway_, *caller, Method::kScaleEndpoint,
                                  parsed.endpoint(), reactor, *response));
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::ReplaceEndpoint(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  v1::ReplaceEndpointRequest parsed;
  const absl::StatusOr<Caller> caller = gate_.Admit(*context, *request, parsed);
  if (!caller.ok()) return Answer(context, caller.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  gateway_.operations().Replace(parsed.endpoint(),
                                AnswerWithMembers<v1::ReplaceEndpointResponse>(
                                    gateway_, *caller, Method::kReplaceEndpoint,
                                    parsed.endpoint(), reactor, *response));
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::GetFlightRecord(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Answer(gateway::GetFlightRecord, gateway_, gate_, context, *request,
                *response);
}

}  // namespace thespian::gateway
