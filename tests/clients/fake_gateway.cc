#include "tests/clients/fake_gateway.h"

#include <chrono>
#include <cstdint>

#include "endpoint/check.h"
#include "google/rpc/error_details.pb.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"

namespace thespian::gateway {
namespace {

constexpr char kLoopback[] = "127.0.0.1:";
constexpr uint64_t kEchoId = 7;

void SetResult(const v1::ActorCommand& command, const google::rpc::Status& as,
               v1::AttachResponse& response) {
  if (as.code() == 0 && command.command_id() == 0) return;
  auto& result = *response.add_events()->mutable_command_result();
  result.set_command_id(command.command_id());
  *result.mutable_status() = as;
}

void Deliver(const v1::Payload& payload, v1::AttachResponse& response) {
  auto& delivery = *response.add_events()->mutable_delivery();
  delivery.set_from_id(kEchoId);
  *delivery.mutable_payload() = payload;
}

void Answer(const v1::ActorCommand& command, v1::AttachResponse& response) {
  if (command.has_open()) {
    auto& opened = *response.add_events()->mutable_opened();
    opened.set_actor_id(5);
    opened.set_token("secret");
  } else if (command.send_named().to_name() == "echo") {
    SetResult(command, {}, response);
    Deliver(command.send_named().payload(), response);
  } else if (command.send().to_id() == kEchoId) {
    SetResult(command, {}, response);
    Deliver(command.send().payload(), response);
  } else if (command.has_link()) {
    SetResult(command, {}, response);
    auto& exited = *response.add_events()->mutable_exited();
    exited.set_remote_id(command.link().remote_id());
    exited.set_reason("normal");
  } else {
    SetResult(command,
              RichError(absl::StatusCode::kNotFound, "no such actor",
                        "ACTOR_UNKNOWN"),
              response);
  }
}

}  // namespace

google::rpc::Status RichError(absl::StatusCode code, const std::string& message,
                              const std::string& reason, bool retryable) {
  google::rpc::Status status;
  status.set_code(static_cast<int>(code));
  status.set_message(message);
  google::rpc::ErrorInfo info;
  info.set_domain("thespian.gateway");
  info.set_reason(reason);
  status.add_details()->PackFrom(info);
  if (retryable) status.add_details()->PackFrom(google::rpc::RetryInfo());
  return status;
}

grpc::Status AsGrpc(const google::rpc::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()), status.message(),
          status.SerializeAsString()};
}

class FakeGateway::Admin final : public v1::AdminService::Service {
 public:
  explicit Admin(FakeGateway& gateway) : gateway_(gateway) {}

 private:
  grpc::Status StopEndpoint(grpc::ServerContext* context,
                            const v1::StopEndpointRequest* request,
                            v1::StopEndpointResponse* response) override {
    return gateway_.Play(gateway_.stop_endpoint, context, request, response);
  }
  grpc::Status Reload(grpc::ServerContext* context,
                      const v1::ReloadRequest* request,
                      v1::ReloadResponse* response) override {
    return gateway_.Play(gateway_.reload, context, request, response);
  }
  grpc::Status ScaleEndpoint(grpc::ServerContext* context,
                             const v1::ScaleEndpointRequest* request,
                             v1::ScaleEndpointResponse* response) override {
    return gateway_.Play(gateway_.scale_endpoint, context, request, response);
  }
  grpc::Status ReplaceEndpoint(grpc::ServerContext* context,
                               const v1::ReplaceEndpointRequest* request,
                               v1::ReplaceEndpointResponse* response) override {
    return gateway_.Play(gateway_.replace_endpoint, context, request, response);
  }

  FakeGateway& gateway_;
};

FakeGateway::FakeGateway(const std::string& address)
    : admin_(std::make_unique<Admin>(*this)) {
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(this);
  builder.RegisterService(admin_.get());
  server_ = builder.BuildAndStart();
  Check(server_ != nullptr, "a free port is found");
  address_ = address.starts_with(kLoopback) ? kLoopback + std::to_string(port)
                                            : address;
}

// A deadline that has passed: what still runs is cancelled.
FakeGateway::~FakeGateway() {
  server_->Shutdown(std::chrono::system_clock::time_point());
}

std::map<std::string, std::string> MetadataOf(
    const grpc::ServerContext& context) {
  std::map<std::string, std::string> metadata;
  for (const auto& [key, value] : context.client_metadata()) {
    metadata[std::string(key.data(), key.size())] =
        std::string(value.data(), value.size());
  }
  return metadata;
}

template <typename Request, typename Response>
grpc::Status FakeGateway::Play(const Script<Request, Response>& script,
                               grpc::ServerContext* context,
                               const Request* request, Response* response) {
  last_metadata = MetadataOf(*context);
  last_token = last_metadata["x-actor-token"];
  if (script == nullptr) return {grpc::StatusCode::UNIMPLEMENTED, ""};
  return script(*request, *response);
}

grpc::Status FakeGateway::Send(grpc::ServerContext* context,
                               const v1::SendRequest* request,
                               v1::SendResponse* response) {
  return Play(send, context, request, response);
}

grpc::Status FakeGateway::SendNamed(grpc::ServerContext* context,
                                    const v1::SendNamedRequest* request,
                                    v1::SendNamedResponse* response) {
  return Play(send_named, context, request, response);
}

grpc::Status FakeGateway::Call(grpc::ServerContext* context,
                               const v1::CallRequest* request,
                               v1::CallResponse* response) {
  return Play(call, context, request, response);
}

grpc::Status FakeGateway::ReleaseProxy(grpc::ServerContext* context,
                                       const v1::ReleaseProxyRequest* request,
                                       v1::ReleaseProxyResponse* response) {
  return Play(release_proxy, context, request, response);
}

grpc::Status FakeGateway::ListLocalActors(
    grpc::ServerContext* context, const v1::ListLocalActorsRequest* request,
    v1::ListLocalActorsResponse* response) {
  return Play(list_local_actors, context, request, response);
}

grpc::Status FakeGateway::ListProxies(grpc::ServerContext* context,
                                      const v1::ListProxiesRequest* request,
                                      v1::ListProxiesResponse* response) {
  return Play(list_proxies, context, request, response);
}

grpc::Status FakeGateway::GetEndpoint(grpc::ServerContext* context,
                                      const v1::GetEndpointRequest* request,
                                      v1::GetEndpointResponse* response) {
  return Play(get_endpoint, context, request, response);
}

grpc::Status FakeGateway::ListEndpoints(grpc::ServerContext* context,
                                        const v1::ListEndpointsRequest* request,
                                        v1::ListEndpointsResponse* response) {
  return Play(list_endpoints, context, request, response);
}

grpc::Status FakeGateway::Attach(grpc::ServerContext*, AttachStream* stream) {
  if (attach == nullptr) return {grpc::StatusCode::UNIMPLEMENTED, ""};
  return attach(*stream);
}

grpc::Status FakeGateway::Listen(grpc::ServerContext* context,
                                 const v1::ListenRequest* request,
                                 ListenStream* stream) {
  if (listen == nullptr) return {grpc::StatusCode::UNIMPLEMENTED, ""};
  return listen(*request, *stream, *context);
}

grpc::Status FakeGateway::WatchProxies(grpc::ServerContext* context,
                                       const v1::WatchProxiesRequest* request,
                                       WatchStream* stream) {
  if (watch == nullptr) return {grpc::StatusCode::UNIMPLEMENTED, ""};
  return watch(*request, *stream, *context);
}

grpc::Status EchoToActor(FakeGateway::AttachStream& stream) {
  v1::AttachRequest request;
  while (stream.Read(&request)) {
    v1::AttachResponse response;
    for (const v1::ActorCommand& command : request.commands()) {
      Answer(command, response);
    }
    if (response.events_size() > 0) stream.Write(response);
  }
  return grpc::Status::OK;
}

}  // namespace thespian::gateway
