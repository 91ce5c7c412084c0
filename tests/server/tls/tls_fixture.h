// A gateway without endpoints behind listeners with TLS, and clients of it.
#ifndef TESTS_SERVER_TLS_TLS_FIXTURE_H_
#define TESTS_SERVER_TLS_TLS_FIXTURE_H_

#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "endpoint/clock.h"
#include "endpoint/gateway.h"
#include "gmock/gmock.h"
#include "server/access/access_control.h"
#include "server/host/gateway_server.h"
#include "tests/support/log_lines.h"
#include "tests/support/patience.h"
#include "tests/support/poller_waker.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_ca.h"
#include "tests/support/tls_folder.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway {

class TlsFixture : public ::testing::Test {
 protected:
  // gRPC has a line for each handshake that fails.
  static void SetUpTestSuite() {
    gpr_set_log_function([](gpr_log_func_args*) {});
    grpc_init();
  }

  void Serve(std::vector<ListenerTerms> listeners) {
    ServerOptions options;
    options.listen = std::move(listeners);
    auto server = GatewayServer::Start(gateway_, access_, options, log_);
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
    waker_.emplace(*server_);
  }
  // One listener with these files, and a pair of the authority's.
  void Serve(const TlsFiles& files) {
    folder_.Write(ca_.Issue("gateway"));
    Serve({{.addresses = {"127.0.0.1:0"}, .tls = files}});
  }

  // The credentials of a client that trusts `ca`.
  static std::shared_ptr<grpc::ChannelCredentials> Trusting(
      const TestCa& ca, const IssuedPair& own = {}) {
    return grpc::SslCredentials({.pem_root_certs = ca.certificate(),
                                 .pem_private_key = own.key,
                                 .pem_cert_chain = own.certificate});
  }

  // A connection that is nobody else's, to one of the addresses.
  std::shared_ptr<grpc::Channel> Dial(
      const std::shared_ptr<grpc::ChannelCredentials>& credentials,
      size_t listener = 0) const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    return grpc::CreateCustomChannel(server_->addresses()[listener],
                                     credentials, arguments);
  }

  static grpc::Status Ask(const std::shared_ptr<grpc::Channel>& channel) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    v1::ListEndpointsResponse response;
    return v1::GatewayService::NewStub(channel)->ListEndpoints(&context, {},
                                                               &response);
  }
  // How a client fares that connects now.
  grpc::StatusCode Try(
      const std::shared_ptr<grpc::ChannelCredentials>& credentials,
      size_t listener = 0) const {
    return Ask(Dial(credentials, listener)).error_code();
  }

  const TestCa ca_;
  const TestCa client_ca_{"authority of clients"};
  const TlsFolder folder_{};
  const SystemClock clock_{};
  LogLines lines_;
  spdlog::logger log_ = lines_.MakeLog();
  AccessControl access_{clock_, nullptr, {}};
  Gateway gateway_{clock_, log_, {}};
  std::unique_ptr<GatewayServer> server_;
  std::optional<PollerWaker> waker_;
};

}  // namespace thespian::gateway

#endif  // TESTS_SERVER_TLS_TLS_FIXTURE_H_
