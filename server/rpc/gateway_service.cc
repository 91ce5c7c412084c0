#include "server/rpc/gateway_service.h"

#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "endpoint/error.h"
#include "fmt/format.h"
#include "server/codec/api_values.h"
#include "server/codec/raw_message.h"
#include "server/codec/rpc_error.h"
#include "server/observe/stats.h"
#include "server/rpc/call_actor.h"
#include "server/rpc/send_call.h"
#include "server/rpc/unary_answer.h"
#include "server/stream/attach_stream.h"
#include "server/stream/listen_stream.h"

namespace thespian::gateway {
namespace {

constexpr int kDefaultPageSize = 100;
constexpr int kMaxPageSize = 1'000;

absl::StatusOr<size_t> PageSize(int asked) {
  if (asked == 0) return kDefaultPageSize;
  if (asked > 0 && asked <= kMaxPageSize) return static_cast<size_t>(asked);
  return MakeFieldError(
      ErrorReason::kFieldInvalid, "page_size",
      fmt::format("page_size must be 0 to {}, but is {}", kMaxPageSize, asked));
}

// Where a page begins: the place in the table, and the incarnation whose table
// it is, since places mean nothing in another's.
struct PageToken {
  uint64_t incarnation = 0;
  uint64_t place = 0;
};

absl::Status PageTokenError() {
  return MakeFieldError(ErrorReason::kFieldInvalid, "page_token",
                        "page_token is not one that this RPC gave");
}

absl::StatusOr<PageToken> ReadPageToken(const std::string& text) {
  PageToken token;
  if (text.empty()) return token;
  const size_t dot = text.find('.');
  if (dot != std::string::npos &&
      absl::SimpleAtoi(text.substr(0, dot), &token.incarnation) &&
      absl::SimpleAtoi(text.substr(dot + 1), &token.place)) {
    return token;
  }
  return PageTokenError();
}

// What both sends do with what `message_of` makes of the request.
template <typename Request, typename Response, typename MessageOf>
grpc::ServerUnaryReactor* StartSend(Gateway& gateway,
                                    grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer& bytes,
                                    grpc::ByteBuffer& response,
                                    MessageOf message_of) {
  Request request;
  const absl::Status status = Parse(bytes, request);
  if (!status.ok()) return Answer(context, status);
  return SendCall::Start(gateway, context,
                         {.endpoint = request.endpoint(),
                          .payload = request.payload(),
                          .message = message_of(request)},
                         [&response](Incarnation taken) {
                           Response answer;
                           answer.set_incarnation(taken.value);
                           Write(answer, response);
                         });
}

}  // namespace

grpc::ServerUnaryReactor* GatewayService::Send(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return StartSend<v1::SendRequest, v1::SendResponse>(
      gateway_, context, *request, *response,
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
      gateway_, context, *request, *response,
      [](const v1::SendNamedRequest& send) -> Outgoing {
        return {.from = {send.from_id()},
                .to = std::string_view(send.to_name())};
      });
}

grpc::ServerUnaryReactor* GatewayService::Call(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  v1::CallRequest call;
  const absl::Status status = Parse(*request, call);
  if (!status.ok()) return Answer(context, status);
  return CallActor::Start(gateway_, std::move(call), *response);
}

AttachStream::Reactor* GatewayService::Attach(
    grpc::CallbackServerContext* context) {
  return AttachStream::Start(gateway_, actor_streams_, command_pool_, *context);
}

ListenStream::Reactor* GatewayService::Listen(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return ListenStream::Start(gateway_, actor_streams_, *context, *request);
}

WatchStream::Reactor* GatewayService::WatchProxies(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return WatchStream::Start(gateway_, watchers_, context, *request);
}

grpc::ServerUnaryReactor* GatewayService::ListProxies(
    grpc::CallbackServerContext* context, const v1::ListProxiesRequest* request,
    v1::ListProxiesResponse* response) {
  return Answer(context, PageOfProxies(*request, *response));
}

absl::Status GatewayService::PageOfProxies(
    const v1::ListProxiesRequest& request,
    v1::ListProxiesResponse& response) const {
  const absl::StatusOr<Endpoint*> endpoint =
      gateway_.FindEndpoint(request.endpoint());
  if (!endpoint.ok()) return endpoint.status();
  const absl::StatusOr<size_t> page_size = PageSize(request.page_size());
  if (!page_size.ok()) return page_size.status();
  absl::StatusOr<PageToken> token = ReadPageToken(request.page_token());
  if (!token.ok()) return token.status();
  std::vector<ProxyRow> rows;
  Incarnation incarnation;
  uint64_t place = token->place;
  const bool more =
      (*endpoint)->proxies().List(*page_size, place, rows, incarnation);
  // The proxies that the pages before listed have all ended with theirs.
  if (token->incarnation != 0 && token->incarnation != incarnation.value) {
    return absl::OkStatus();
  }
  for (const ProxyRow& row : rows) {
    ToApi(row, incarnation, *response.add_proxies());
  }
  if (more) {
    response.set_next_page_token(
        fmt::format("{}.{}", incarnation.value, place));
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* GatewayService::ReleaseProxy(
    grpc::CallbackServerContext* context,
    const v1::ReleaseProxyRequest* request,
    v1::ReleaseProxyResponse* response) {
  const absl::StatusOr<Endpoint*> endpoint =
      gateway_.FindEndpoint(request->endpoint());
  if (!endpoint.ok()) return Answer(context, endpoint.status());
  if (request->remote_id() == 0) {
    return Answer(context,
                  MakeFieldError(ErrorReason::kFieldInvalid, "remote_id",
                                 "remote_id must not be 0"));
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  (*endpoint)->proxies().Release(
      {request->remote_id()}, {request->incarnation()},
      [reactor, response](absl::StatusOr<Incarnation> released) {
        if (released.ok()) response->set_incarnation(released->value);
        reactor->Finish(ToGrpcStatus(released.status()));
      });
  return reactor;
}

grpc::ServerUnaryReactor* GatewayService::ListLocalActors(
    grpc::CallbackServerContext* context,
    const v1::ListLocalActorsRequest* request,
    v1::ListLocalActorsResponse* response) {
  return Answer(context, PageOfLocalActors(*request, *response));
}

absl::Status GatewayService::PageOfLocalActors(
    const v1::ListLocalActorsRequest& request,
    v1::ListLocalActorsResponse& response) {
  const absl::StatusOr<size_t> page_size = PageSize(request.page_size());
  if (!page_size.ok()) return page_size.status();
  LocalId after;
  if (!request.page_token().empty() &&
      !absl::SimpleAtoi(request.page_token(), &after.value)) {
    return PageTokenError();
  }
  const auto actors = gateway_.locals().List(after, *page_size + 1);
  for (size_t i = 0; i < actors.size() && i < *page_size; ++i) {
    v1::LocalActor& api = *response.add_actors();
    api.set_id(actors[i]->id().value);
    api.set_name(actors[i]->name());
    ToApi(actors[i]->since(), *api.mutable_create_time());
    api.set_mailbox_depth(actors[i]->mailbox().depth());
  }
  if (actors.size() > *page_size) {
    response.set_next_page_token(
        fmt::format("{}", actors[*page_size - 1]->id().value));
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* GatewayService::ListEndpoints(
    grpc::CallbackServerContext* context, const v1::ListEndpointsRequest*,
    v1::ListEndpointsResponse* response) {
  for (const Endpoint* endpoint : gateway_.Endpoints()) {
    ToApi(*endpoint, *response->add_endpoints());
  }
  return Answer(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* GatewayService::GetEndpoint(
    grpc::CallbackServerContext* context, const v1::GetEndpointRequest* request,
    v1::GetEndpointResponse* response) {
  const absl::StatusOr<Endpoint*> endpoint =
      gateway_.FindEndpoint(request->endpoint());
  if (!endpoint.ok()) return Answer(context, endpoint.status());
  ToApi(**endpoint, *response->mutable_endpoint());
  return Answer(context, absl::OkStatus());
}

}  // namespace thespian::gateway
