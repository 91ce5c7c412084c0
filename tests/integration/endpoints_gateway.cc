#include "tests/integration/endpoints_gateway.h"

#include <unistd.h>

#include <chrono>
#include <fstream>

#include "grpc/health/v1/health.grpc.pb.h"
#include "gtest/gtest.h"
#include "tests/support/patience.h"
#include "tests/support/rpc_failure.h"
#include "tests/support/rpc_values.h"

namespace thespian::gateway {
namespace {

void Hurry(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
}

}  // namespace

std::string TableOf(std::string_view name,
                    const std::vector<std::string>& command,
                    std::string_view lines) {
  std::string words;
  for (const std::string& word : command) {
    words += (words.empty() ? "\"" : ", \"") + word + "\"";
  }
  return "[endpoint." + std::string(name) + "]\ncommand = [" + words + "]\n" +
         std::string(lines) + "\n";
}

std::string IdleTable(std::string_view name, std::string_view lines) {
  return TableOf(name, {TG_SCRIPTED_CHILD, "until-eof"}, lines);
}

EndpointsGateway::EndpointsGateway(const std::string& file) {
  WriteFile(file);
  process_ = std::make_unique<GatewayProcess>(
      std::vector<std::string>{"--config", this->file()},
      std::vector<std::string>{});
  EXPECT_NE(process_->address(), "") << process_->program().err();
  channel_ = grpc::CreateChannel(process_->address(),
                                 grpc::InsecureChannelCredentials());
  stub_ = v1::GatewayService::NewStub(channel_);
  admin_ = v1::AdminService::NewStub(channel_);
}

void EndpointsGateway::WriteFile(const std::string& text) {
  std::ofstream(file()) << text;
}

std::map<std::string, v1::Endpoint> EndpointsGateway::Endpoints() {
  grpc::ClientContext context;
  Hurry(context);
  v1::ListEndpointsResponse response;
  EXPECT_THAT(stub_->ListEndpoints(&context, {}, &response), IsRpcOk());
  std::map<std::string, v1::Endpoint> endpoints;
  for (const v1::Endpoint& endpoint : response.endpoints()) {
    endpoints[endpoint.name()] = endpoint;
  }
  return endpoints;
}

v1::Endpoint EndpointsGateway::Get(const std::string& name) {
  const auto endpoints = Endpoints();
  const auto found = endpoints.find(name);
  return found == endpoints.end() ? v1::Endpoint() : found->second;
}

v1::Endpoint EndpointsGateway::Await(
    const std::string& name,
    const std::function<bool(const v1::Endpoint&)>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    v1::Endpoint endpoint = Get(name);
    if (holds(endpoint)) return endpoint;
    if (std::chrono::steady_clock::now() > deadline) {
      ADD_FAILURE() << name
                    << " does not become so: " << endpoint.ShortDebugString();
      return endpoint;
    }
  }
}

v1::Endpoint EndpointsGateway::AwaitRunning(const std::string& name) {
  return Await(name, [](const v1::Endpoint& endpoint) {
    return endpoint.state() == v1::ENDPOINT_STATE_RUNNING;
  });
}

void EndpointsGateway::AwaitGone(const std::string& name) {
  Await(name,
        [](const v1::Endpoint& endpoint) { return endpoint.name().empty(); });
}

std::map<std::string, int64_t> EndpointsGateway::Pids() {
  std::map<std::string, int64_t> pids;
  for (const auto& [name, endpoint] : Endpoints()) pids[name] = endpoint.pid();
  return pids;
}

bool EndpointsGateway::Serves(const std::string& health_name) {
  namespace health = grpc::health::v1;
  const auto stub = health::Health::NewStub(channel_);
  grpc::ClientContext context;
  Hurry(context);
  health::HealthCheckRequest request;
  request.set_service(health_name);
  health::HealthCheckResponse response;
  EXPECT_THAT(stub->Check(&context, request, &response), IsRpcOk())
      << health_name;
  return response.status() == health::HealthCheckResponse::SERVING;
}

grpc::Status EndpointsGateway::Call(const std::string& endpoint,
                                    const v1::CallRequest& call,
                                    v1::CallResponse& response) {
  grpc::ClientContext context;
  Hurry(context);
  v1::CallRequest request = call;
  request.set_endpoint(endpoint);
  return stub_->Call(&context, request, &response);
}

grpc::Status EndpointsGateway::Send(const v1::SendNamedRequest& request) {
  grpc::ClientContext context;
  Hurry(context);
  v1::SendNamedResponse response;
  return stub_->SendNamed(&context, request, &response);
}

grpc::Status EndpointsGateway::Reload(v1::ReloadResponse& response) {
  grpc::ClientContext context;
  Hurry(context);
  return admin_->Reload(&context, {}, &response);
}

grpc::Status EndpointsGateway::Replace(const std::string& name) {
  grpc::ClientContext context;
  Hurry(context);
  v1::ReplaceEndpointRequest request;
  request.set_endpoint(name);
  v1::ReplaceEndpointResponse response;
  return admin_->ReplaceEndpoint(&context, request, &response);
}

grpc::Status CallEcho(EndpointsGateway& gateway, const std::string& endpoint) {
  v1::CallResponse response;
  return CallEcho(gateway, endpoint, response);
}

grpc::Status CallEcho(EndpointsGateway& gateway, const std::string& endpoint,
                      v1::CallResponse& response) {
  grpc::Status status =
      gateway.Call(endpoint, CallTo("echo", List("hello")), response);
  EXPECT_EQ(response.payload().cbor(), status.ok() ? ListItem("hello") : "");
  return status;
}

std::string OwnAddress(const std::string& name) {
  return "unix:@tg-endpoints-" + std::to_string(getpid()) + "-" + name;
}

}  // namespace thespian::gateway
