// The gRPC servers: the listeners, what is served there, health, and the end.
//
// Ownership: owns the gRPC servers and the services; borrows the gateway and
//   the control of access, which must outlive it.
// Threads:   gRPC's pool runs the RPCs. The members are the owner's.
// Errors:    Start names the address that can't be listened on, or the file of
// a
//   certificate that can't be used.
// Memory:    of what a client sends, 256 KiB and one message a stream wait to
//   be read. The rest is the streams'.
#ifndef SERVER_HOST_GATEWAY_SERVER_H_
#define SERVER_HOST_GATEWAY_SERVER_H_

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "endpoint/gateway.h"
#include "server/access/access_control.h"
#include "server/host/grpc_idle_workaround.h"
#include "server/host/health_board.h"
#include "server/host/listener_terms.h"
#include "server/host/listeners.h"
#include "server/host/unix_users.h"
#include "server/observe/certificate_expiry.h"
#include "server/rpc/admin_service.h"
#include "server/rpc/gate.h"
#include "server/rpc/gateway_service.h"
#include "server/tls/watched_certificates.h"

namespace thespian::gateway {

struct ServerOptions {
  std::vector<ListenerTerms> listen = {{.addresses = {"127.0.0.1:50051"}}};
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
      Gateway& gateway, AccessControl& access, const ServerOptions& options,
      spdlog::logger& log);

  ~GatewayServer();

  // Where it listens, as asked, with the ports that the system chose, in the
  // order of the options.
  const std::vector<std::string>& addresses() const { return addresses_; }

  // Of all its addresses.
  const ConnectionStats& connections() const { return connections_; }

  // From now on health says that nothing serves. Before, it follows the states
  // of the endpoints.
  void StopServing() { health_->Stop(); }

  // What is shown of the certificates that are in use. Safe from any thread.
  std::vector<CertificateExpiry> Certificates() const;

  // Heartbeats, a look at the files of certificates, and what else is to be
  // done about once a second.
  void Tick(std::chrono::steady_clock::time_point now);

  // Reads the files of certificates now.
  void ReloadCertificates();

  // To be called every GrpcIdleWorkaround::kPeriod.
  void WakePollers() { idle_workaround_->Wake(); }

  // The steps of an orderly end. CloseActors tells every attached client and
  // ends its actor; CloseWatchers ends the watchers, who have by then seen
  // all; Shutdown ends the rest, within `grace`.
  void CloseActors();
  void CloseWatchers();
  void Shutdown(std::chrono::milliseconds grace);

 private:
  // A listener's gRPC server, its services, and where its connections come in.
  struct Served {
    Served(Gateway& gateway, GatewayStreams& streams, const Gate& gate)
        : service(gateway, streams, gate), admin(gateway, gate) {}

    GatewayService service;
    AdminService admin;
    std::shared_ptr<WatchedCertificates> certificates;  // null: no TLS
    // Where nothing but health is served: gRPC makes no server without a
    // service.
    grpc::CallbackGenericService nothing;
    std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor;
    std::unique_ptr<UnixUsers> users;  // null: it has no Unix socket
    std::unique_ptr<grpc::Server> server;
  };

  GatewayServer(Gateway& gateway, AccessControl& access,
                const ServerOptions& options, spdlog::logger& log)
      : gateway_(gateway),
        access_(access),
        log_(log),
        streams_(gateway.journal()),
        listeners_(options.listeners, log, connections_) {}

  absl::Status Serve(const ServerOptions& options);
  absl::Status ServeOne(const ListenerTerms& terms,
                        grpc::ServerBuilder& builder, Served& served);
  void Register(const ServedServices& services, grpc::ServerBuilder& builder,
                Served& served);
  absl::Status Listen(const ListenerTerms& terms, Served& served);
  static bool Accept(Served& served, UniqueFd fd, const PeerIdentity& peer);
  absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> CredentialsOf(
      const ListenerTerms& terms, Served& served);
  void WatchHealth();
  void SetServing(const std::string& service, bool serving);

  Gateway& gateway_;
  AccessControl& access_;
  spdlog::logger& log_;
  GatewayStreams streams_;
  std::vector<std::string> addresses_;
  std::deque<Served> served_;  // whose addresses stay
  ConnectionStats connections_;
  Listeners listeners_;
  std::unique_ptr<GrpcIdleWorkaround> idle_workaround_;
  // What the endpoints' loops call is there no longer than this server.
  std::shared_ptr<HealthBoard> health_;
};

}  // namespace thespian::gateway

#endif  // SERVER_HOST_GATEWAY_SERVER_H_
