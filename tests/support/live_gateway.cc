#include "tests/support/live_gateway.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <utility>

#include "server/observe/stats.h"
#include "tests/support/silent_log.h"

namespace thespian::gateway {

LiveGateway::LiveGateway(const Options& options)
    : log_(SilentLog()),
      access_(clock_, options.audit, options.access),
      gateway_(clock_, log_, options.gateway) {}

absl::StatusOr<std::unique_ptr<LiveGateway>> LiveGateway::Start(
    const Options& options) {
  std::unique_ptr<LiveGateway> live(new LiveGateway(options));
  absl::Status status = live->Serve(options);
  if (!status.ok()) return status;
  return live;
}

absl::Status LiveGateway::Serve(const Options& options) {
  Endpoint& endpoint = gateway_.AddEndpoint(options.endpoint);
  if (!options.second_endpoint.empty()) {
    EndpointOptions second = options.endpoint;
    second.name = options.second_endpoint;
    gateway_.AddEndpoint(std::move(second));
  }
  std::vector<ListenerTerms> listen = {{.addresses = {"127.0.0.1:0"}}};
  if (options.admin_elsewhere) {
    listen.front().services.admin = false;
    listen.push_back(
        {.addresses = {"127.0.0.1:0"}, .services = {.gateway = false}});
  }
  auto server =
      GatewayServer::Start(gateway_, access_,
                           {.listen = std::move(listen),
                            .max_frame_bytes = options.endpoint.max_frame_bytes,
                            .max_streams = options.max_streams},
                           log_);
  if (!server.ok()) return server.status();
  server_ = *std::move(server);
  channel_ = Connect();
  stub_ = v1::GatewayService::NewStub(channel_);
  waker_.emplace(*server_);
  return endpoint.Start();
}

std::shared_ptr<grpc::Channel> LiveGateway::Connect() {
  return ConnectTo(server_->addresses().front());
}

std::shared_ptr<grpc::Channel> LiveGateway::ConnectAdmin() {
  return ConnectTo(server_->addresses().back());
}

std::shared_ptr<grpc::Channel> LiveGateway::ConnectTo(
    const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(),
                                   arguments);
}

v1::Endpoint LiveGateway::Describe() {
  v1::Endpoint endpoint;
  ToApi(gateway_, *gateway_.Endpoints().front(), endpoint);
  return endpoint;
}

void LiveGateway::BeginEnd() {
  if (std::exchange(ending_, true) || server_ == nullptr) return;
  gateway_.BeginStopping();
  server_->StopServing();
  server_->CloseActors();
}

void LiveGateway::FinishEnd() {
  if (std::exchange(ended_, true) || server_ == nullptr) return;
  gateway_.EndEndpoints();
  waker_.reset();
  server_->CloseWatchers();
  server_->Shutdown(std::chrono::milliseconds(2'000));
}

void LiveGateway::End() {
  BeginEnd();
  FinishEnd();
}

}  // namespace thespian::gateway
