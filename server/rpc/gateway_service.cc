#include "server/rpc/gateway_service.h"

#include <string_view>
#include <utility>

#include "endpoint/error.h"
#include "server/codec/raw_message.h"
#include "server/codec/rpc_error.h"
#include "server/rpc/call_actor.h"
#include "server/rpc/lists.h"
#include "server/rpc/send_call.h"
#include "server/rpc/unary_answer.h"
#include "server/stream/attach_stream.h"
#include "server/stream/listen_stream.h"
#include "server/stream/refused_attach.h"
#include "server/stream/refused_rpc.h"

namespace thespian::gateway {
namespace {

// What both sends do with what `message_of` makes of the request.
template <typename Request, typename Response, typename MessageOf>
grpc::ServerUnaryReactor* StartSend(Gateway& gateway, const Gate& gate,
                                    grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer& bytes,
                                    grpc::ByteBuffer& response,
                                    MessageOf message_of) {
  Request request;
  const absl::StatusOr<Caller> caller = gate.Admit(*context, bytes, request);
  if (!caller.ok()) return Answer(context, caller.status());
  return SendCall::Start(gateway, context,
                         {.endpoint = request.endpoint(),
                          .payload = request.payload(),
                          .message = message_of(request),
                          .caller = *caller,
                          .access = AccessOf(request)},
                         [&response](Incarnation taken) {
                           Response answer;
                           answer.set_incarnation(taken.value);
                           Write(answer, response);
                         });
}

template <typename Stream>
typename Stream::Reactor* Refuse(const absl::Status& status) {
  return RefusedRpc<typename Stream::Reactor>::Start(status);
}

}  // namespace

grpc::ServerUnaryReactor* GatewayService::Send(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return StartSend<v1::SendRequest, v1::SendResponse>(
      gateway_, gate_, context, *request, *response,
      [](const v1::SendRequest& send) -> Outgoing {
        return {.from = {send.from_id()},
                .to = RemoteId{send.to_id()},
                .incarnation = {send.incarnation()}};
      });
}

grpc::ServerUnaryReactor* GatewayService::SendNamed(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return StartSend<v1::SendNamedRequest, v1::SendNamedResponse>(
      gateway_, gate_, context, *request, *response,
      [](const v1::SendNamedRequest& send) -> Outgoing {
        return {.from = {send.from_id()},
                .to = std::string_view(send.to_name())};
      });
}

grpc::ServerUnaryReactor* GatewayService::Call(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  v1::CallRequest call;
  const absl::StatusOr<Caller> caller = gate_.Admit(*context, *request, call);
  if (!caller.ok()) return Answer(context, caller.status());
  return CallActor::Start(gateway_, *caller, std::move(call), *response);
}

AttachStream::Reactor* GatewayService::Attach(
    grpc::CallbackServerContext* context) {
  const absl::StatusOr<Caller> caller = gate_.Admit(*context, Method::kAttach);
  if (!caller.ok()) return RefusedAttach::Start(caller.status());
  return AttachStream::Start(gateway_, streams_.actors, streams_.commands,
                             *context, *caller);
}

ListenStream::Reactor* GatewayService::Listen(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  const absl::StatusOr<Caller> caller = gate_.Admit(*context, Method::kListen);
  if (!caller.ok()) return Refuse<ListenStream>(caller.status());
  return ListenStream::Start(gateway_, streams_.actors, *context, *caller,
                             *request);
}

WatchStream::Reactor* GatewayService::WatchProxies(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  const absl::StatusOr<Caller> caller =
      gate_.Admit(*context, Method::kWatchProxies);
  if (!caller.ok()) return Refuse<WatchStream>(caller.status());
  return WatchStream::Start(gateway_, streams_.watchers, *context, *caller,
                            *request);
}

grpc::ServerUnaryReactor* GatewayService::ReleaseProxy(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* bytes,
    grpc::ByteBuffer* response) {
  v1::ReleaseProxyRequest request;
  const absl::StatusOr<Caller> caller = gate_.Admit(*context, *bytes, request);
  if (!caller.ok()) return Answer(context, caller.status());
  const absl::StatusOr<EndpointHandle> endpoint =
      gateway_.FindOneEndpoint(request.endpoint(), {request.incarnation()});
  if (!endpoint.ok()) return Answer(context, endpoint.status());
  if (request.remote_id() == 0) {
    return Answer(context,
                  MakeFieldError(ErrorReason::kFieldInvalid, "remote_id",
                                 "remote_id must not be 0"));
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  (*endpoint)->proxies().Release(
      {request.remote_id()}, {request.incarnation()},
      [reactor, response, caller = *caller,
       name = (*endpoint)->name()](absl::StatusOr<Incarnation> released) {
        caller.NoteChange(Method::kReleaseProxy, name, released.status());
        if (released.ok()) {
          v1::ReleaseProxyResponse answer;
          answer.set_incarnation(released->value);
          Write(answer, *response);
        }
        reactor->Finish(ToGrpcStatus(released.status()));
      });
  return reactor;
}

grpc::ServerUnaryReactor* GatewayService::ListProxies(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Answer(gateway::ListProxies, gateway_, gate_, context, *request,
                *response);
}

grpc::ServerUnaryReactor* GatewayService::ListLocalActors(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Answer(gateway::ListLocalActors, gateway_, gate_, context, *request,
                *response);
}

grpc::ServerUnaryReactor* GatewayService::ListEndpoints(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Answer(gateway::ListEndpoints, gateway_, gate_, context, *request,
                *response);
}

grpc::ServerUnaryReactor* GatewayService::GetEndpoint(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Answer(gateway::GetEndpoint, gateway_, gate_, context, *request,
                *response);
}

}  // namespace thespian::gateway
