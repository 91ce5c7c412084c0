// A gateway with one child that serves gRPC in this process, on a port that
// the system chose, and a client's way to it.
//
// Ownership: owns all of it. The test's program must be its own trampoline:
//   see trampoline_main.cc.
// Threads:   thread-compatible.
// Errors:    Start returns why there is none.
#ifndef TESTS_SUPPORT_LIVE_GATEWAY_H_
#define TESTS_SUPPORT_LIVE_GATEWAY_H_

#include <grpcpp/channel.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/clock.h"
#include "endpoint/gateway.h"
#include "server/host/gateway_server.h"
#include "spdlog/logger.h"
#include "tests/support/poller_waker.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway {

class LiveGateway {
 public:
  struct Options {
    GatewayOptions gateway;
    EndpointOptions endpoint;  // with the child's command
    // An endpoint that is never started, beside the first.
    std::string second_endpoint;  // empty: none
    size_t max_streams = ServerOptions().max_streams;
    AccessTerms access;
    std::shared_ptr<Audit> audit;
    // AdminService is served elsewhere than the rest.
    bool admin_elsewhere = false;
  };

  static absl::StatusOr<std::unique_ptr<LiveGateway>> Start(
      const Options& options);
  ~LiveGateway() { End(); }
  LiveGateway(const LiveGateway&) = delete;
  LiveGateway& operator=(const LiveGateway&) = delete;

  Gateway& gateway() { return gateway_; }
  GatewayServer& server() { return *server_; }
  AccessControl& access() { return access_; }
  v1::GatewayService::Stub& stub() { return *stub_; }
  const std::shared_ptr<grpc::Channel>& channel() { return channel_; }
  // The first endpoint, as it is told; also after the end.
  v1::Endpoint Describe();

  // A connection to where AdminService is.
  std::shared_ptr<grpc::Channel> ConnectAdmin();
  // A connection of its own, for a client that must not share one.
  std::shared_ptr<grpc::Channel> Connect();

  // The steps of an orderly end, as the program takes them.
  void BeginEnd();  // the clients
  void FinishEnd();
  void End();

 private:
  explicit LiveGateway(const Options& options);
  absl::Status Serve(const Options& options);
  static std::shared_ptr<grpc::Channel> ConnectTo(const std::string& address);

  const SystemClock clock_;
  spdlog::logger log_;
  AccessControl access_;
  Gateway gateway_;
  std::unique_ptr<GatewayServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::GatewayService::Stub> stub_;
  std::optional<PollerWaker> waker_;
  bool ending_ = false;
  bool ended_ = false;
};

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_LIVE_GATEWAY_H_
