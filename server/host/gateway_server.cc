#include "server/host/gateway_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_option.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_join.h"
#include "endpoint/process/unique_fd.h"
#include "endpoint/socket/address.h"
#include "server/tls/file_credentials.h"

namespace thespian::gateway {
namespace {

constexpr size_t kMessageSlackBytes = 64u << 10;
constexpr int kMetadataBytes = 64 << 10;
constexpr int kKeepaliveMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
constexpr int kLeastPingIntervalMs = 9'000;
constexpr int kStreamWindowBytes = 256 << 10;

// gRPC's numbers are ints; a negative one means no limit.
int ToInt(size_t number) {
  return static_cast<int>(
      std::min<size_t>(number, std::numeric_limits<int>::max()));
}

int ToMs(std::chrono::milliseconds time) {
  return static_cast<int>(time.count());
}

void SetLimits(const ServerOptions& options, const grpc::ResourceQuota& quota,
               grpc::ServerBuilder& builder) {
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(
      ToInt(options.max_frame_bytes + kMessageSlackBytes));
  builder.SetMaxSendMessageSize(-1);  // ours are bounded by what we compose
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             ToInt(options.max_streams));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                             kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
      kLeastPingIntervalMs);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                             ToMs(options.handshake_time));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS,
                             ToMs(options.connection_idle_time));
  // What a client may send ahead of what is read. Left to itself, gRPC grows it
  // with the speed of the connection, to tens of megabytes a stream.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES,
                             kStreamWindowBytes);
  // Little compressed inflates to much: half a megabyte to half a gigabyte.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
}

bool HasUnix(const ListenerTerms& terms) {
  return !absl::c_all_of(terms.addresses, IsTcp);
}

Entrance EntranceOf(const ListenerTerms& terms) {
  const bool certificates =
      terms.tls.has_value() && terms.tls->clients != ClientCertificates::kNone;
  return {.listener = terms.name,
          .serves_admin = terms.services.admin,
          .shows_peer = certificates || HasUnix(terms),
          .claims_header = terms.claims_header};
}

// Takes reflection out of a server: the library, once linked, adds it to all of
// the process.
class WithoutReflection final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments* /*arguments*/) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>*
                         plugins) override {
    const std::string name =
        grpc::reflection::ProtoServerReflectionPlugin().name();
    std::erase_if(*plugins, [&name](const auto& plugin) {
      return plugin->name() == name;
    });
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<GatewayServer>> GatewayServer::Start(
    Gateway& gateway, AccessControl& access, const ServerOptions& options,
    spdlog::logger& log) {
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  std::unique_ptr<GatewayServer> server(
      new GatewayServer(gateway, access, options, log));
  absl::Status status = server->Serve(options);
  if (!status.ok()) return status;
  server->WatchHealth();
  server->listeners_.Start();
  return server;
}

absl::Status GatewayServer::Serve(const ServerOptions& options) {
  grpc::ResourceQuota quota("requests");
  quota.Resize(options.request_memory_bytes);
  for (const ListenerTerms& terms : options.listen) {
    grpc::ServerBuilder builder;
    SetLimits(options, quota, builder);
    Served& served = served_.emplace_back(
        gateway_, streams_, Gate(gateway_, access_, EntranceOf(terms)));
    absl::Status status = ServeOne(terms, builder, served);
    if (!status.ok()) return status;
  }
  idle_workaround_ =
      std::make_unique<GrpcIdleWorkaround>(*served_.front().server);
  return absl::OkStatus();
}

absl::Status GatewayServer::ServeOne(const ListenerTerms& terms,
                                     grpc::ServerBuilder& builder,
                                     Served& served) {
  const auto credentials = CredentialsOf(terms, served);
  if (!credentials.ok()) return credentials.status();
  served.acceptor = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      *credentials);
  if (HasUnix(terms)) served.users = std::make_unique<UnixUsers>(builder);
  Register(terms.services, builder, served);
  absl::Status status = Listen(terms, served);
  if (!status.ok()) return status;
  // A setting of the process, which is read as the server is made.
  grpc::EnableDefaultHealthCheckService(terms.services.health);
  served.server = builder.BuildAndStart();
  if (served.server == nullptr) {
    return absl::InternalError("gRPC does not start its server");
  }
  auto* health = served.server->GetHealthCheckService();
  if (health != nullptr) health->SetServingStatus(kLiveness, true);
  return absl::OkStatus();
}

void GatewayServer::Register(const ServedServices& services,
                             grpc::ServerBuilder& builder, Served& served) {
  if (services.gateway) builder.RegisterService(&served.service);
  if (services.admin) builder.RegisterService(&served.admin);
  if (!services.gateway && !services.admin) {
    builder.RegisterCallbackGenericService(&served.nothing);
  }
  if (services.reflection) return;
  builder.SetOption(std::make_unique<WithoutReflection>());
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>>
GatewayServer::CredentialsOf(const ListenerTerms& terms, Served& served) {
  if (!terms.tls.has_value()) return grpc::InsecureServerCredentials();
  auto certificates = WatchedCertificates::Load(
      *terms.tls, absl::StrJoin(terms.addresses, ", "), gateway_.clock(), log_);
  if (!certificates.ok()) return certificates.status();
  served.certificates = *std::move(certificates);
  return MakeFileCredentials(served.certificates);
}

bool GatewayServer::Accept(Served& served, UniqueFd fd,
                           const PeerIdentity& peer) {
  auto* acceptor = peer.uid.has_value() && served.users != nullptr
                       ? served.users->AcceptorOf(peer)
                       : served.acceptor.get();
  if (acceptor == nullptr) return false;
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters
      connection;
  connection.fd = fd.Release();
  acceptor->HandleNewConnection(&connection);
  return true;
}

absl::Status GatewayServer::Listen(const ListenerTerms& terms, Served& served) {
  for (const std::string& address : terms.addresses) {
    absl::StatusOr<std::string> bound = listeners_.Add(
        address, [&served](UniqueFd fd, const PeerIdentity& peer) {
          return Accept(served, std::move(fd), peer);
        });
    if (!bound.ok()) return bound.status();
    addresses_.push_back(*std::move(bound));
  }
  return absl::OkStatus();
}

GatewayServer::~GatewayServer() {
  if (served_.empty() || served_.front().server == nullptr) return;
  CloseActors();
  CloseWatchers();
  Shutdown(std::chrono::milliseconds(1'000));
}

void GatewayServer::WatchHealth() {
  health_ = std::make_shared<HealthBoard>(
      gateway_, [this](const std::string& service, bool serving) {
        SetServing(service, serving);
      });
  gateway_.OnStateChange([board = std::weak_ptr(health_)] {
    if (const auto health = board.lock()) health->Refresh();
  });
  health_->Refresh();
}

void GatewayServer::SetServing(const std::string& service, bool serving) {
  for (const Served& served : served_) {
    auto* health = served.server->GetHealthCheckService();
    if (health == nullptr) continue;
    health->SetServingStatus(service, serving);
    if (!service.empty()) continue;
    health->SetServingStatus(v1::GatewayService::service_full_name(), serving);
  }
}

std::vector<CertificateExpiry> GatewayServer::Certificates() const {
  std::vector<CertificateExpiry> all;
  for (const Served& served : served_) {
    if (served.certificates == nullptr) continue;
    all.push_back(
        {.listener = served.certificates->listener(),
         .not_after = served.certificates->current()->facts.not_after});
  }
  return all;
}

void GatewayServer::Tick(std::chrono::steady_clock::time_point now) {
  streams_.actors.Tick(now);
  streams_.watchers.streams.Tick(now);
  for (const Served& served : served_) {
    if (served.certificates != nullptr) served.certificates->Tick();
  }
}

void GatewayServer::ReloadCertificates() {
  for (const Served& served : served_) {
    if (served.certificates != nullptr) served.certificates->Reload();
  }
}

void GatewayServer::CloseActors() { streams_.actors.CloseAll(); }

void GatewayServer::CloseWatchers() { streams_.watchers.streams.CloseAll(); }

void GatewayServer::Shutdown(std::chrono::milliseconds grace) {
  listeners_.Stop();
  health_ = nullptr;
  idle_workaround_ = nullptr;
  const auto deadline = std::chrono::system_clock::now() + grace;
  for (Served& served : served_) {
    if (served.server != nullptr) served.server->Shutdown(deadline);
  }
  for (Served& served : served_) served.server = nullptr;
}

}  // namespace thespian::gateway
