// A gateway that answers as a test says, on a port of its own choice.
//
// Ownership: owns the server; the destructor ends it and every call.
// Threads:   the scripts run on gRPC's threads. Set them before the first call.
#ifndef TESTS_CLIENTS_FAKE_GATEWAY_H_
#define TESTS_CLIENTS_FAKE_GATEWAY_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "grpcpp/server.h"
#include "thespian/gateway/v1/admin.grpc.pb.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway {

// An error as the gateway sends it; with RetryInfo if it is `retryable`.
google::rpc::Status RichError(absl::StatusCode code, const std::string& message,
                              const std::string& reason,
                              bool retryable = false);
grpc::Status AsGrpc(const google::rpc::Status& status);

// What a client has sent before its request.
std::map<std::string, std::string> MetadataOf(
    const grpc::ServerContext& context);

class FakeGateway final : private v1::GatewayService::Service {
 public:
  using AttachStream =
      grpc::ServerReaderWriter<v1::AttachResponse, v1::AttachRequest>;
  using ListenStream = grpc::ServerWriter<v1::ListenResponse>;
  using WatchStream = grpc::ServerWriter<v1::WatchProxiesResponse>;
  template <typename Request, typename Response>
  using Script = std::function<grpc::Status(const Request&, Response&)>;

  // Listens on `address`; "127.0.0.1:0" is a free port.
  explicit FakeGateway(const std::string& address = "127.0.0.1:0");
  ~FakeGateway() override;

  // Where clients find it.
  const std::string& address() const { return address_; }

  // What the calls do. Without a script a call ends with UNIMPLEMENTED.
  Script<v1::SendRequest, v1::SendResponse> send;
  Script<v1::SendNamedRequest, v1::SendNamedResponse> send_named;
  Script<v1::CallRequest, v1::CallResponse> call;
  Script<v1::ListProxiesRequest, v1::ListProxiesResponse> list_proxies;
  Script<v1::ReleaseProxyRequest, v1::ReleaseProxyResponse> release_proxy;
  Script<v1::ListLocalActorsRequest, v1::ListLocalActorsResponse>
      list_local_actors;
  Script<v1::GetEndpointRequest, v1::GetEndpointResponse> get_endpoint;
  Script<v1::ListEndpointsRequest, v1::ListEndpointsResponse> list_endpoints;
  Script<v1::StopEndpointRequest, v1::StopEndpointResponse> stop_endpoint;
  Script<v1::ReloadRequest, v1::ReloadResponse> reload;
  Script<v1::ScaleEndpointRequest, v1::ScaleEndpointResponse> scale_endpoint;
  Script<v1::ReplaceEndpointRequest, v1::ReplaceEndpointResponse>
      replace_endpoint;
  std::function<grpc::Status(AttachStream&)> attach;
  std::function<grpc::Status(const v1::ListenRequest&, ListenStream&,
                             grpc::ServerContext&)>
      listen;
  std::function<grpc::Status(const v1::WatchProxiesRequest&, WatchStream&,
                             grpc::ServerContext&)>
      watch;
  // Of the last unary call: its metadata, and of that "x-actor-token".
  std::map<std::string, std::string> last_metadata;
  std::string last_token;

 private:
  class Admin;

  template <typename Request, typename Response>
  grpc::Status Play(const Script<Request, Response>& script,
                    grpc::ServerContext* context, const Request* request,
                    Response* response);

  grpc::Status Send(grpc::ServerContext* context,
                    const v1::SendRequest* request,
                    v1::SendResponse* response) override;
  grpc::Status SendNamed(grpc::ServerContext* context,
                         const v1::SendNamedRequest* request,
                         v1::SendNamedResponse* response) override;
  grpc::Status Call(grpc::ServerContext* context,
                    const v1::CallRequest* request,
                    v1::CallResponse* response) override;
  grpc::Status ReleaseProxy(grpc::ServerContext* context,
                            const v1::ReleaseProxyRequest* request,
                            v1::ReleaseProxyResponse* response) override;
  grpc::Status ListLocalActors(grpc::ServerContext* context,
                               const v1::ListLocalActorsRequest* request,
                               v1::ListLocalActorsResponse* response) override;
  grpc::Status ListProxies(grpc::ServerContext* context,
                           const v1::ListProxiesRequest* request,
                           v1::ListProxiesResponse* response) override;
  grpc::Status GetEndpoint(grpc::ServerContext* context,
                           const v1::GetEndpointRequest* request,
                           v1::GetEndpointResponse* response) override;
  grpc::Status ListEndpoints(grpc::ServerContext* context,
                             const v1::ListEndpointsRequest* request,
                             v1::ListEndpointsResponse* response) override;
  grpc::Status Attach(grpc::ServerContext* context,
                      AttachStream* stream) override;
  grpc::Status Listen(grpc::ServerContext* context,
                      const v1::ListenRequest* request,
                      ListenStream* stream) override;
  grpc::Status WatchProxies(grpc::ServerContext* context,
                            const v1::WatchProxiesRequest* request,
                            WatchStream* stream) override;

  std::string address_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<grpc::Server> server_;
};

// A script for `attach` that opens actor 5 and answers a send to a name, or to
// an id, with a delivery of the same payload from actor 7; a link with the exit
// of what it links to. A name or id it does not know (anything but "echo" and
// 7) gets ACTOR_UNKNOWN.
grpc::Status EchoToActor(FakeGateway::AttachStream& stream);

}  // namespace thespian::gateway

#endif  // TESTS_CLIENTS_FAKE_GATEWAY_H_
