#include "clients/cpp/admin.h"

#include <string>
#include <utility>

#include "clients/cpp/unary.h"

namespace thespian::gateway::client {

using Stub = v1::AdminService::Stub;

namespace {

template <typename Response>
absl::StatusOr<std::vector<v1::Endpoint>> EndpointsOf(
    const absl::StatusOr<Response>& response) {
  if (!response.ok()) return response.status();
  return std::vector<v1::Endpoint>(response->endpoints().begin(),
                                   response->endpoints().end());
}

}  // namespace

template <typename Request, typename Response>
absl::StatusOr<v1::Endpoint> AdminClient::Ask(
    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                 Response*),
    std::string_view name) {
  Request request;
  request.set_endpoint(std::string(name));
  auto response = AskUnary(*stub_, method, request, deadline_);
  if (!response.ok()) return response.status();
  return std::move(*response->mutable_endpoint());
}

absl::StatusOr<v1::Endpoint> AdminClient::StartEndpoint(std::string_view name) {
  return Ask(&Stub::StartEndpoint, name);
}

absl::StatusOr<v1::Endpoint> AdminClient::StopEndpoint(std::string_view name) {
  return Ask(&Stub::StopEndpoint, name);
}

absl::StatusOr<v1::Endpoint> AdminClient::RestartEndpoint(
    std::string_view name) {
  return Ask(&Stub::RestartEndpoint, name);
}

absl::StatusOr<v1::ReloadResponse> AdminClient::Reload() {
  return AskUnary(*stub_, &Stub::Reload, v1::ReloadRequest(), deadline_);
}

absl::StatusOr<std::vector<v1::Endpoint>> AdminClient::ScaleEndpoint(
    std::string_view name, uint32_t replicas) {
  v1::ScaleEndpointRequest request;
  request.set_endpoint(std::string(name));
  request.set_replicas(replicas);
  return EndpointsOf(
      AskUnary(*stub_, &Stub::ScaleEndpoint, request, deadline_));
}

absl::StatusOr<std::vector<v1::Endpoint>> AdminClient::ReplaceEndpoint(
    std::string_view name) {
  v1::ReplaceEndpointRequest request;
  request.set_endpoint(std::string(name));
  return EndpointsOf(
      AskUnary(*stub_, &Stub::ReplaceEndpoint, request, deadline_));
}

absl::StatusOr<std::vector<v1::RecordedFrame>> AdminClient::GetFlightRecord(
    std::string_view name) {
  v1::GetFlightRecordRequest request;
  request.set_endpoint(std::string(name));
  const auto response =
      AskUnary(*stub_, &Stub::GetFlightRecord, request, deadline_);
  if (!response.ok()) return response.status();
  return std::vector<v1::RecordedFrame>(response->frames().begin(),
                                        response->frames().end());
}

absl::StatusOr<AdminClient> ConnectAdmin(const ConnectOptions& options) {
  const absl::StatusOr<std::shared_ptr<grpc::Channel>> channel =
      OpenChannel(options);
  if (!channel.ok()) return channel.status();
  return AdminClient(*channel, options.deadline);
}

}  // namespace thespian::gateway::client
