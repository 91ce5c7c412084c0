#include "clients/cpp/client.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "clients/cpp/unary.h"
#include "fmt/format.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/support/channel_arguments.h"

namespace thespian::gateway::client {
namespace {

using Stub = v1::GatewayService::Stub;

constexpr int kMaxMetadataBytes = 64 << 10;
// gRPC's own would keep a client away for two minutes from a gateway that is
// back already.
constexpr int kFirstReconnectMs = 100;
constexpr int kLongestReconnectMs = 5'000;

int Milliseconds(absl::Duration duration) {
  return static_cast<int>(std::min<int64_t>(absl::ToInt64Milliseconds(duration),
                                            std::numeric_limits<int>::max()));
}

absl::Status CheckPositive(std::string_view option, absl::Duration value) {
  if (value >= absl::Milliseconds(1)) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format(
      "{} must be at least 1 ms, not {}", option, absl::FormatDuration(value)));
}

absl::Status CheckOptions(const ConnectOptions& options) {
  if (options.address.empty()) {
    return absl::InvalidArgumentError(
        "the address is empty; it must be host:port or unix:PATH");
  }
  absl::Status status = CheckPositive("deadline", options.deadline);
  status.Update(CheckPositive("keepalive_time", options.keepalive_time));
  status.Update(CheckPositive("keepalive_timeout", options.keepalive_timeout));
  status.Update(CheckHeaders(options.headers));
  return status;
}

grpc::ChannelArguments ArgumentsOf(const ConnectOptions& options) {
  grpc::ChannelArguments args;
  args.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(options.keepalive_time));
  args.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
              Milliseconds(options.keepalive_timeout));
  args.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // Otherwise a quiet stream is probed twice and then never again.
  args.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  args.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMs);
  args.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kLongestReconnectMs);
  args.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  args.SetMaxReceiveMessageSize(options.max_response_bytes);
  return args;
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> CredentialsOf(
    const ConnectOptions& options) {
  if (options.credentials != nullptr) return options.credentials;
  if (options.tls.has_value()) return TlsCredentials(*options.tls);
  return grpc::InsecureChannelCredentials();
}

}  // namespace

Client::Client(const std::shared_ptr<grpc::Channel>& channel,
               absl::Duration deadline)
    : deadline_(deadline), stub_(v1::GatewayService::NewStub(channel)) {}

template <typename Request, typename Response>
absl::StatusOr<Response> Client::Ask(Method<Request, Response> method,
                                     const Request& request,
                                     std::string_view token) {
  return Ask(method, request, token, deadline_);
}

template <typename Request, typename Response>
absl::StatusOr<Response> Client::Ask(Method<Request, Response> method,
                                     const Request& request,
                                     std::string_view token,
                                     absl::Duration deadline) {
  return AskUnary(*stub_, method, request, deadline, token);
}

absl::StatusOr<Incarnation> Client::Send(const RemoteActor& to,
                                         std::string_view cbor,
                                         const Speaker& from) {
  v1::SendRequest request;
  request.set_endpoint(to.endpoint);
  request.set_from_id(from.id.value);
  request.set_to_id(to.id.value);
  request.set_incarnation(to.incarnation.value);
  request.mutable_payload()->set_cbor(cbor.data(), cbor.size());
  const auto response = Ask(&Stub::Send, request, from.token);
  if (!response.ok()) return response.status();
  return Incarnation{response->incarnation()};
}

absl::StatusOr<Incarnation> Client::SendNamed(const NamedActor& to,
                                              std::string_view cbor,
                                              const Speaker& from) {
  v1::SendNamedRequest request;
  request.set_endpoint(to.endpoint);
  request.set_from_id(from.id.value);
  request.set_to_name(to.name);
  request.mutable_payload()->set_cbor(cbor.data(), cbor.size());
  const auto response = Ask(&Stub::SendNamed, request, from.token);
  if (!response.ok()) return response.status();
  return Incarnation{response->incarnation()};
}

absl::StatusOr<Reply> Client::Call(const RemoteActor& to, std::string_view cbor,
                                   std::optional<absl::Duration> deadline) {
  if (to.incarnation.value != 0) {
    return MakeError(absl::StatusCode::kInvalidArgument, "FIELD_INVALID",
                     "a call goes to the current incarnation of the child; "
                     "its target must not name one");
  }
  v1::CallRequest request;
  request.set_endpoint(to.endpoint);
  request.set_to_id(to.id.value);
  return Call(std::move(request), cbor, deadline);
}

absl::StatusOr<Reply> Client::CallNamed(
    const NamedActor& to, std::string_view cbor,
    std::optional<absl::Duration> deadline) {
  v1::CallRequest request;
  request.set_endpoint(to.endpoint);
  request.set_to_name(to.name);
  return Call(std::move(request), cbor, deadline);
}

absl::StatusOr<Reply> Client::Call(v1::CallRequest request,
                                   std::string_view cbor,
                                   std::optional<absl::Duration> deadline) {
  request.mutable_payload()->set_cbor(cbor.data(), cbor.size());
  request.set_reply_encoding(v1::PAYLOAD_ENCODING_CBOR);
  auto response =
      Ask(&Stub::Call, request, /*token=*/{}, deadline.value_or(deadline_));
  if (!response.ok()) return response.status();
  return Reply{
      .from = {response->from_id()},
      .incarnation = {response->incarnation()},
      .payload = std::move(*response->mutable_payload()->mutable_cbor())};
}

absl::StatusOr<Incarnation> Client::ReleaseProxy(const RemoteActor& actor) {
  v1::ReleaseProxyRequest request;
  request.set_endpoint(actor.endpoint);
  request.set_remote_id(actor.id.value);
  request.set_incarnation(actor.incarnation.value);
  const auto response = Ask(&Stub::ReleaseProxy, request);
  if (!response.ok()) return response.status();
  return Incarnation{response->incarnation()};
}

template <typename Request, typename Response, typename Items, typename Item>
absl::Status Client::ListPages(Method<Request, Response> method,
                               Request request, Items items_of,
                               absl::FunctionRef<bool(const Item&)> visit) {
  do {
    const absl::StatusOr<Response> page = Ask(method, request);
    if (!page.ok()) return page.status();
    for (const Item& item : ((*page).*items_of)()) {
      if (!visit(item)) return absl::OkStatus();
    }
    if (!page->next_page_token().empty() &&
        page->next_page_token() == request.page_token()) {
      return absl::InternalError("the gateway repeats a page of its list");
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

absl::Status Client::ListProxies(
    std::string_view endpoint, absl::FunctionRef<bool(const v1::Proxy&)> visit,
    int page_size) {
  v1::ListProxiesRequest request;
  request.set_endpoint(std::string(endpoint));
  request.set_page_size(page_size);
  using Items = const google::protobuf::RepeatedPtrField<v1::Proxy>& (
      v1::ListProxiesResponse::*)() const;
  return ListPages(&Stub::ListProxies, std::move(request),
                   Items(&v1::ListProxiesResponse::proxies), visit);
}

absl::Status Client::ListLocalActors(
    absl::FunctionRef<bool(const v1::LocalActor&)> visit, int page_size) {
  v1::ListLocalActorsRequest request;
  request.set_page_size(page_size);
  using Items = const google::protobuf::RepeatedPtrField<v1::LocalActor>& (
      v1::ListLocalActorsResponse::*)() const;
  return ListPages(&Stub::ListLocalActors, std::move(request),
                   Items(&v1::ListLocalActorsResponse::actors), visit);
}

absl::StatusOr<v1::Endpoint> Client::GetEndpoint(std::string_view name) {
  v1::GetEndpointRequest request;
  request.set_endpoint(std::string(name));
  auto response = Ask(&Stub::GetEndpoint, request);
  if (!response.ok()) return response.status();
  return std::move(*response->mutable_endpoint());
}

absl::StatusOr<std::vector<v1::Endpoint>> Client::ListEndpoints() {
  auto response = Ask(&Stub::ListEndpoints, v1::ListEndpointsRequest());
  if (!response.ok()) return response.status();
  return std::vector<v1::Endpoint>(response->endpoints().begin(),
                                   response->endpoints().end());
}

std::unique_ptr<Actor> Client::Attach(const AttachOptions& options,
                                      ActorHandler& handler) {
  return std::make_unique<Actor>(stub_, options, handler);
}

std::unique_ptr<Listener> Client::Listen(const ListenOptions& options,
                                         ActorHandler& handler) {
  return std::make_unique<Listener>(stub_, options, handler);
}

std::unique_ptr<Watch> Client::WatchProxies(const WatchOptions& options) {
  return std::make_unique<Watch>(stub_, options);
}

std::unique_ptr<ResumingWatch> Client::ResumeWatch(const WatchOptions& options,
                                                   ResumeOptions resume) {
  return std::make_unique<ResumingWatch>(stub_, options, std::move(resume));
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(
    const ConnectOptions& options) {
  absl::Status status = CheckOptions(options);
  if (!status.ok()) return status;
  const auto credentials = CredentialsOf(options);
  if (!credentials.ok()) return credentials.status();
  const grpc::ChannelArguments arguments = ArgumentsOf(options);
  if (options.headers.empty()) {
    return grpc::CreateCustomChannel(options.address, *credentials, arguments);
  }
  std::vector<
      std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>
      interceptors;
  interceptors.push_back(AddHeaders(options.headers));
  return grpc::experimental::CreateCustomChannelWithInterceptors(
      options.address, *credentials, arguments, std::move(interceptors));
}

absl::StatusOr<Client> Connect(const ConnectOptions& options) {
  const absl::StatusOr<std::shared_ptr<grpc::Channel>> channel =
      OpenChannel(options);
  if (!channel.ok()) return channel.status();
  return Client(*channel, options.deadline);
}

}  // namespace thespian::gateway::client
