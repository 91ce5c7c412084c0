// The RPCs of GatewayService: each checks, makes what does the work, and hands
// over.
//
// Ownership: borrows the gateway; owns the registries of its streams.
// Threads:   safe from any thread.
// Errors:    see the .proto.
#ifndef SERVER_GATEWAY_SERVICE_H_
#define SERVER_GATEWAY_SERVICE_H_

#include <atomic>

#include "endpoint/gateway.h"
#include "server/stream_registry.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway {

class GatewayService final : public v1::GatewayService::CallbackService {
 public:
  explicit GatewayService(Gateway& gateway) : gateway_(gateway) {}

  // The streams of local actors, and those of watchers, who see them end.
  StreamRegistry& actor_streams() { return actor_streams_; }
  StreamRegistry& watch_streams() { return watch_streams_; }

  grpc::ServerUnaryReactor* Send(grpc::CallbackServerContext* context,
                                 const v1::SendRequest* request,
                                 v1::SendResponse* response) override;
  grpc::ServerUnaryReactor* SendNamed(grpc::CallbackServerContext* context,
                                      const v1::SendNamedRequest* request,
                                      v1::SendNamedResponse* response) override;
  grpc::ServerUnaryReactor* Call(grpc::CallbackServerContext* context,
                                 const v1::CallRequest* request,
                                 v1::CallResponse* response) override;
  grpc::ServerBidiReactor<v1::AttachRequest, v1::AttachResponse>* Attach(
      grpc::CallbackServerContext* context) override;
  grpc::ServerWriteReactor<v1::ListenResponse>* Listen(
      grpc::CallbackServerContext* context,
      const v1::ListenRequest* request) override;
  grpc::ServerWriteReactor<v1::WatchProxiesResponse>* WatchProxies(
      grpc::CallbackServerContext* context,
      const v1::WatchProxiesRequest* request) override;
  grpc::ServerUnaryReactor* ListProxies(
      grpc::CallbackServerContext* context,
      const v1::ListProxiesRequest* request,
      v1::ListProxiesResponse* response) override;
  grpc::ServerUnaryReactor* ReleaseProxy(
      grpc::CallbackServerContext* context,
      const v1::ReleaseProxyRequest* request,
      v1::ReleaseProxyResponse* response) override;
  grpc::ServerUnaryReactor* ListLocalActors(
      grpc::CallbackServerContext* context,
      const v1::ListLocalActorsRequest* request,
      v1::ListLocalActorsResponse* response) override;
  grpc::ServerUnaryReactor* ListEndpoints(
      grpc::CallbackServerContext* context,
      const v1::ListEndpointsRequest* request,
      v1::ListEndpointsResponse* response) override;
  grpc::ServerUnaryReactor* GetEndpoint(
      grpc::CallbackServerContext* context,
      const v1::GetEndpointRequest* request,
      v1::GetEndpointResponse* response) override;

 private:
  absl::Status PageOfProxies(const v1::ListProxiesRequest& request,
                             v1::ListProxiesResponse& response) const;
  absl::Status PageOfLocalActors(const v1::ListLocalActorsRequest& request,
                                 v1::ListLocalActorsResponse& response);

  Gateway& gateway_;
  StreamRegistry actor_streams_;
  StreamRegistry watch_streams_;
  std::atomic<size_t> watchers_ = 0;
};

}  // namespace thespian::gateway

#endif  // SERVER_GATEWAY_SERVICE_H_
