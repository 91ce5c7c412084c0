#include "clients/cpp/client.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/support/channel_arguments.h"

namespace thespian::gateway::client {
namespace {

using Stub = v1::GatewayService::Stub;

constexpr char kTokenKey[] = "x-actor-token";
constexpr int kMaxMetadataBytes = 64 << 10;

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
  args.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  args.SetMaxReceiveMessageSize(options.max_response_bytes);
  return args;
}

}  // namespace

Client::Client(const std::shared_ptr<grpc::Channel>& channel,
               absl::Duration deadline)
    : deadline_(deadline), stub_(v1::GatewayService::NewStub(channel)) {}

template <typename Request, typename Response>
absl::StatusOr<Response> Client::Call(Method<Request, Response> method,
                                      const Request& request,
                                      std::string_view token) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + deadline_));
  if (!token.empty()) context.AddMetadata(kTokenKey, std::string(token));
  Response response;
  absl::Status status =
      FromGrpc(((*stub_).*method)(&context, request, &response));
  if (!status.ok()) return status;
  return response;
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
  const auto response = Call(&Stub::Send, request, from.token);
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
  const auto response = Call(&Stub::SendNamed, request, from.token);
  if (!response.ok()) return response.status();
  return Incarnation{response->incarnation()};
}

absl::Status Client::ListProxies(
    std::string_view endpoint, absl::FunctionRef<bool(const v1::Proxy&)> visit,
    int page_size) {
  v1::ListProxiesRequest request;
  request.set_endpoint(std::string(endpoint));
  request.set_page_size(page_size);
  do {
    auto page = Call(&Stub::ListProxies, request);
    if (!page.ok()) return page.status();
    for (const v1::Proxy& proxy : page->proxies()) {
      if (!visit(proxy)) return absl::OkStatus();
    }
    if (!page->next_page_token().empty() &&
        page->next_page_token() == request.page_token()) {
      return absl::InternalError("the gateway repeats a page of proxies");
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

absl::StatusOr<v1::Endpoint> Client::GetEndpoint(std::string_view name) {
  v1::GetEndpointRequest request;
  request.set_endpoint(std::string(name));
  auto response = Call(&Stub::GetEndpoint, request);
  if (!response.ok()) return response.status();
  return std::move(*response->mutable_endpoint());
}

absl::StatusOr<std::vector<v1::Endpoint>> Client::ListEndpoints() {
  auto response = Call(&Stub::ListEndpoints, v1::ListEndpointsRequest());
  if (!response.ok()) return response.status();
  return std::vector<v1::Endpoint>(response->endpoints().begin(),
                                   response->endpoints().end());
}

std::unique_ptr<Actor> Client::Attach(const AttachOptions& options,
                                      ActorHandler& handler) {
  return std::make_unique<Actor>(stub_, options, handler);
}

std::unique_ptr<Watch> Client::WatchProxies(const WatchOptions& options) {
  return std::make_unique<Watch>(stub_, options);
}

absl::StatusOr<Client> Connect(const ConnectOptions& options) {
  absl::Status status = CheckOptions(options);
  if (!status.ok()) return status;
  return Client(
      grpc::CreateCustomChannel(options.address,
                                options.credentials != nullptr
                                    ? options.credentials
                                    : grpc::InsecureChannelCredentials(),
                                ArgumentsOf(options)),
      options.deadline);
}

}  // namespace thespian::gateway::client
