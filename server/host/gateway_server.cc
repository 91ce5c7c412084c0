#include "server/host/gateway_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "endpoint/process/unique_fd.h"

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

void SetLimits(const ServerOptions& options, grpc::ServerBuilder& builder) {
  grpc::ResourceQuota quota("requests");
  builder.SetResourceQuota(quota.Resize(options.request_memory_bytes));
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

}  // namespace

absl::StatusOr<std::unique_ptr<GatewayServer>> GatewayServer::Start(
    Gateway& gateway, const ServerOptions& options, spdlog::logger& log) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  std::unique_ptr<GatewayServer> server(
      new GatewayServer(gateway, options, log));
  absl::Status status = server->Serve(options);
  if (!status.ok()) return status;
  server->WatchHealth();
  server->listeners_.Start();
  return server;
}

absl::Status GatewayServer::Serve(const ServerOptions& options) {
  grpc::ServerBuilder builder;
  SetLimits(options, builder);
  builder.RegisterService(&service_);
  if (options.admin_listen.empty()) builder.RegisterService(&admin_);
  absl::Status status = Listen(options.listen, builder, main_);
  if (!status.ok()) return status;
  main_.server->GetHealthCheckService()->SetServingStatus(kLiveness, true);
  idle_workaround_ = std::make_unique<GrpcIdleWorkaround>(*main_.server);
  if (options.admin_listen.empty()) return absl::OkStatus();
  grpc::ServerBuilder admin_builder;
  SetLimits(options, admin_builder);
  admin_builder.RegisterService(&admin_);
  return Listen(options.admin_listen, admin_builder, admin_only_);
}

absl::Status GatewayServer::Listen(const std::vector<std::string>& addresses,
                                   grpc::ServerBuilder& builder,
                                   Served& served) {
  served.acceptor = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::InsecureServerCredentials());
  for (const std::string& address : addresses) {
    absl::StatusOr<std::string> bound =
        listeners_.Add(address, [&served](UniqueFd fd) {
          grpc::experimental::ExternalConnectionAcceptor::
              NewConnectionParameters connection;
          connection.fd = fd.Release();
          served.acceptor->HandleNewConnection(&connection);
        });
    if (!bound.ok()) return bound.status();
    addresses_.push_back(*std::move(bound));
  }
  served.server = builder.BuildAndStart();
  return served.server != nullptr
             ? absl::OkStatus()
             : absl::InternalError("gRPC does not start its server");
}

GatewayServer::~GatewayServer() {
  if (main_.server == nullptr) return;
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
  auto& health = *main_.server->GetHealthCheckService();
  health.SetServingStatus(service, serving);
  if (!service.empty()) return;
  health.SetServingStatus(v1::GatewayService::service_full_name(), serving);
}

void GatewayServer::Tick(std::chrono::steady_clock::time_point now) {
  service_.actor_streams().Tick(now);
  service_.watch_streams().Tick(now);
}

void GatewayServer::CloseActors() { service_.actor_streams().CloseAll(); }

void GatewayServer::CloseWatchers() { service_.watch_streams().CloseAll(); }

void GatewayServer::Shutdown(std::chrono::milliseconds grace) {
  listeners_.Stop();
  health_ = nullptr;
  idle_workaround_ = nullptr;
  const auto deadline = std::chrono::system_clock::now() + grace;
  for (Served* served : {&admin_only_, &main_}) {
    if (served->server != nullptr) served->server->Shutdown(deadline);
    served->server = nullptr;
  }
}

}  // namespace thespian::gateway
