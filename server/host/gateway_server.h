// The gRPC server: its listeners, its services, its health, and its end.
//
// Ownership: owns the gRPC server and the services; borrows the gateway, which
//   must outlive it.
// Threads:   gRPC's pool runs the RPCs. The members are the owner's.
// Errors:    Start names the address that can't be listened on.
// Memory:    of what a client sends, 256 KiB and one message a stream wait to
//   be read. The rest is the streams'.
#ifndef SERVER_HOST_GATEWAY_SERVER_H_
#define SERVER_HOST_GATEWAY_SERVER_H_

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "endpoint/gateway.h"
#include "server/host/grpc_idle_workaround.h"
#include "server/host/health_board.h"
#include "server/host/listeners.h"
#include "server/rpc/admin_service.h"
#include "server/rpc/gateway_service.h"

namespace thespian::gateway {

struct ServerOptions {
  // host:port, with port 0 for any, unix:PATH or unix:@NAME.
  std::vector<std::string> listen = {"127.0.0.1:50051"};
  // Where AdminService is served; none: with the rest.
  std::vector<std::string> admin_listen;
  // Of a payload; a gRPC message may have kMessageSlackBytes more.
  size_t max_frame_bytes = 4u << 20;
  ListenerOptions listeners;
  // Streams of one connection that a client may have under way; one that has
  // more loses the connection, as gRPC has it.
  size_t max_streams = 1'000;
  // What requests that are not read as a whole yet, and those being answered,
  // may take in all. Beyond it gRPC ends some with RESOURCE_EXHAUSTED.
  size_t request_memory_bytes = 512u << 20;
  // A connection has so long to become one of HTTP/2, and may be so long
  // without a request.
  std::chrono::milliseconds handshake_time{20'000};
  std::chrono::milliseconds connection_idle_time{600'000};
};

class GatewayServer {
 public:
  // The name under which health says that the process itself lives.
  static constexpr char kLiveness[] = "liveness";

  static absl::StatusOr<std::unique_ptr<GatewayServer>> Start(
      Gateway& gateway, const ServerOptions& options, spdlog::logger& log);

  ~GatewayServer();

  // Where it listens, as asked, with the ports that the system chose; the
  // addresses of AdminService come last.
  const std::vector<std::string>& addresses() const { return addresses_; }

  // Of all its addresses.
  const ConnectionStats& connections() const { return connections_; }

  // From now on health says that nothing serves. Before, it follows the states
  // of the endpoints.
  void StopServing() { health_->Stop(); }

  // Heartbeats and what else is to be done about once a second.
  void Tick(std::chrono::steady_clock::time_point now);

  // To be called every GrpcIdleWorkaround::kPeriod.
  void WakePollers() { idle_workaround_->Wake(); }

  // The steps of an orderly end. CloseActors tells every attached client and
  // ends its actor; CloseWatchers ends the watchers, who have by then seen
  // all; Shutdown ends the rest, within `grace`.
  void CloseActors();
  void CloseWatchers();
  void Shutdown(std::chrono::milliseconds grace);

 private:
  // A gRPC server, and where its connections come in.
  struct Served {
    std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor;
    std::unique_ptr<grpc::Server> server;
  };

  GatewayServer(Gateway& gateway, const ServerOptions& options,
                spdlog::logger& log)
      : gateway_(gateway),
        service_(gateway),
        admin_(gateway),
        listeners_(options.listeners, log, connections_) {}

  absl::Status Serve(const ServerOptions& options);
  void WatchHealth();
  void SetServing(const std::string& service, bool serving);
  absl::Status Listen(const std::vector<std::string>& addresses,
                      grpc::ServerBuilder& builder, Served& served);

  Gateway& gateway_;
  GatewayService service_;
  AdminService admin_;
  std::vector<std::string> addresses_;
  Served main_;
  Served admin_only_;  // without a server: main_ serves AdminService
  ConnectionStats connections_;
  Listeners listeners_;
  std::unique_ptr<GrpcIdleWorkaround> idle_workaround_;
  // What the endpoints' loops call is there no longer than this server.
  std::shared_ptr<HealthBoard> health_;
};

}  // namespace thespian::gateway

#endif  // SERVER_HOST_GATEWAY_SERVER_H_
