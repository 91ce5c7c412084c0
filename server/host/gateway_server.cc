#include "server/host/gateway_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <limits>

#include "endpoint/process/unique_fd.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

constexpr char kUnixPrefix[] = "unix:";
constexpr size_t kMessageSlackBytes = 64u << 10;
constexpr int kMetadataBytes = 64 << 10;
constexpr int kMaxStreams = 10'000;
constexpr int kKeepaliveMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
constexpr int kLeastPingIntervalMs = 9'000;
constexpr int kStreamWindowBytes = 256 << 10;

bool IsUnix(const std::string& address) {
  return address.rfind(kUnixPrefix, 0) == 0;
}

// gRPC removes a socket file that is in its way; not one that is in use.
bool IsUnixSocketInUse(const std::string& address) {
  const std::string path = address.substr(std::strlen(kUnixPrefix));
  sockaddr_un name{.sun_family = AF_UNIX};
  if (path.size() >= sizeof(name.sun_path)) return false;
  std::memcpy(name.sun_path, path.c_str(), path.size() + 1);
  const UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return connect(fd.get(), reinterpret_cast<const sockaddr*>(&name),
                 sizeof(name)) == 0;
}

absl::Status CantListen(const std::string& address) {
  return absl::AlreadyExistsError(
      fmt::format("can't listen on '{}': it is in use, or no address to listen "
                  "on (host:port or unix:PATH)",
                  address));
}

// gRPC's numbers are ints; a negative one means no limit.
int MessageLimit(size_t max_frame_bytes) {
  return static_cast<int>(std::min<size_t>(max_frame_bytes + kMessageSlackBytes,
                                           std::numeric_limits<int>::max()));
}

void SetLimits(const ServerOptions& options, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(MessageLimit(options.max_frame_bytes));
  builder.SetMaxSendMessageSize(-1);  // ours are bounded by what we compose
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreams);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                             kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
      kLeastPingIntervalMs);
  // What a client may send ahead of what is read. Left to itself, gRPC grows it
  // with the speed of the connection, to tens of megabytes a stream.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES,
                             kStreamWindowBytes);
  // Little compressed inflates to much: half a megabyte to half a gigabyte.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
}

// `address` with its port replaced by the one that was bound.
std::string Bound(const std::string& address, int port) {
  if (IsUnix(address)) return address;
  return fmt::format("{}:{}", address.substr(0, address.rfind(':')), port);
}

}  // namespace

absl::StatusOr<std::unique_ptr<GatewayServer>> GatewayServer::Start(
    Gateway& gateway, const ServerOptions& options) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  std::unique_ptr<GatewayServer> server(new GatewayServer(gateway));
  absl::Status status = server->Serve(options);
  if (!status.ok()) return status;
  server->SetServing(false);
  return server;
}

absl::Status GatewayServer::Serve(const ServerOptions& options) {
  grpc::ServerBuilder builder;
  SetLimits(options, builder);
  builder.RegisterService(&service_);
  if (options.admin_listen.empty()) builder.RegisterService(&admin_);
  absl::Status status = Listen(options.listen, builder, server_);
  if (!status.ok()) return status;
  server_->GetHealthCheckService()->SetServingStatus(kLiveness, true);
  waker_ = std::make_unique<PollerWaker>(*server_);
  if (options.admin_listen.empty()) return absl::OkStatus();
  grpc::ServerBuilder admin_builder;
  SetLimits(options, admin_builder);
  admin_builder.RegisterService(&admin_);
  return Listen(options.admin_listen, admin_builder, admin_server_);
}

absl::Status GatewayServer::Listen(const std::vector<std::string>& addresses,
                                   grpc::ServerBuilder& builder,
                                   std::unique_ptr<grpc::Server>& server) {
  std::vector<int> ports(addresses.size(), 0);
  for (size_t i = 0; i < addresses.size(); ++i) {
    if (IsUnix(addresses[i]) && IsUnixSocketInUse(addresses[i])) {
      return CantListen(addresses[i]);
    }
    builder.AddListeningPort(addresses[i], grpc::InsecureServerCredentials(),
                             &ports[i]);
  }
  server = builder.BuildAndStart();
  for (size_t i = 0; i < ports.size(); ++i) {
    if (ports[i] <= 0) return CantListen(addresses[i]);
    addresses_.push_back(Bound(addresses[i], ports[i]));
  }
  return server == nullptr ? CantListen(addresses.front()) : absl::OkStatus();
}

GatewayServer::~GatewayServer() {
  if (server_ == nullptr) return;
  CloseActors();
  CloseWatchers();
  Shutdown(std::chrono::milliseconds(1'000));
}

void GatewayServer::SetServing(bool serving) {
  auto& health = *server_->GetHealthCheckService();
  health.SetServingStatus("", serving);
  health.SetServingStatus(v1::GatewayService::service_full_name(), serving);
}

void GatewayServer::Tick(std::chrono::steady_clock::time_point now) {
  service_.actor_streams().Tick(now);
  service_.watch_streams().Tick(now);
}

void GatewayServer::CloseActors() { service_.actor_streams().CloseAll(); }

void GatewayServer::CloseWatchers() { service_.watch_streams().CloseAll(); }

void GatewayServer::Shutdown(std::chrono::milliseconds grace) {
  waker_ = nullptr;
  const auto deadline = std::chrono::system_clock::now() + grace;
  for (auto* server : {&admin_server_, &server_}) {
    if (*server != nullptr) (*server)->Shutdown(deadline);
    *server = nullptr;
  }
}

}  // namespace thespian::gateway
