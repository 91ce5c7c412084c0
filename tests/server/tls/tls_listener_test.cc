// Who gets in at a listener with TLS, and what is served there.
#include <grpcpp/generic/generic_stub.h>

#include <string>
#include <vector>

#include "grpc/health/v1/health.grpc.pb.h"
#include "server/host/health_check.h"
#include "server/observe/metrics.h"
#include "tests/server/tls/tls_fixture.h"
#include "thespian/gateway/v1/admin.grpc.pb.h"

namespace thespian::gateway {
namespace {

using grpc::StatusCode;
using ::testing::HasSubstr;

class TlsListenerTest : public TlsFixture {
 protected:
  // How a call of a method fares that every service has one of.
  StatusCode Call(size_t listener, const std::string& method) const {
    const auto channel = Dial(grpc::InsecureChannelCredentials(), listener);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    grpc::GenericStub stub(channel);
    grpc::CompletionQueue queue;
    const auto call =
        stub.PrepareUnaryCall(&context, method, grpc::ByteBuffer(), &queue);
    call->StartCall();
    grpc::ByteBuffer response;
    grpc::Status status;
    call->Finish(&response, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    return status.error_code();
  }
  bool Serves(size_t listener, const std::string& method) const {
    return Call(listener, method) != StatusCode::UNIMPLEMENTED;
  }
};

TEST_F(TlsListenerTest, AClientThatTrustsTheAuthorityGetsIn) {
  Serve(folder_.Files());
  EXPECT_EQ(Try(Trusting(ca_)), StatusCode::OK);
  EXPECT_EQ(Try(Trusting(ca_, client_ca_.Issue("client"))), StatusCode::OK);
}

TEST_F(TlsListenerTest, OthersAreUnavailable) {
  Serve(folder_.Files());
  EXPECT_EQ(Try(Trusting(client_ca_)), StatusCode::UNAVAILABLE);
  EXPECT_EQ(Try(grpc::InsecureChannelCredentials()), StatusCode::UNAVAILABLE);
  EXPECT_EQ(Try(Trusting(ca_)), StatusCode::OK);
}

TEST_F(TlsListenerTest, ACertificateThatIsRequiredHasToBeRight) {
  Serve(folder_.Files(client_ca_, ClientCertificates::kRequired));
  const TestCa stranger("stranger");
  const absl::Time now = absl::Now();
  const IssuedPair expired = client_ca_.Issue(
      {.name = "expired", .not_after = now - absl::Minutes(1)});
  const IssuedPair early =
      client_ca_.Issue({.name = "early", .not_before = now + absl::Hours(1)});
  EXPECT_EQ(Try(Trusting(ca_, client_ca_.Issue("client"))), StatusCode::OK);
  EXPECT_EQ(Try(Trusting(ca_)), StatusCode::UNAVAILABLE);
  EXPECT_EQ(Try(Trusting(ca_, stranger.Issue("client"))),
            StatusCode::UNAVAILABLE);
  // Who issues the gateway's own does not issue clients'.
  EXPECT_EQ(Try(Trusting(ca_, ca_.Issue("client"))), StatusCode::UNAVAILABLE);
  EXPECT_EQ(Try(Trusting(ca_, expired)), StatusCode::UNAVAILABLE);
  EXPECT_EQ(Try(Trusting(ca_, early)), StatusCode::UNAVAILABLE);
  EXPECT_EQ(Try(grpc::InsecureChannelCredentials()), StatusCode::UNAVAILABLE);
}

TEST_F(TlsListenerTest, ACertificateThatIsOptionalHasToBeRightIfItIsShown) {
  Serve(folder_.Files(client_ca_, ClientCertificates::kOptional));
  EXPECT_EQ(Try(Trusting(ca_)), StatusCode::OK);
  EXPECT_EQ(Try(Trusting(ca_, client_ca_.Issue("client"))), StatusCode::OK);
  EXPECT_EQ(Try(Trusting(ca_, ca_.Issue("client"))), StatusCode::UNAVAILABLE);
  EXPECT_EQ(
      Try(Trusting(ca_, client_ca_.Issue(
                            {.name = "expired",
                             .not_after = absl::Now() - absl::Minutes(1)}))),
      StatusCode::UNAVAILABLE);
}

TEST_F(TlsListenerTest, EachListenerHasItsOwnTerms) {
  folder_.Write(ca_.Issue("gateway"));
  Serve({{.addresses = {"127.0.0.1:0"}, .tls = folder_.Files()},
         {.addresses = {"127.0.0.1:0"}}});
  EXPECT_EQ(Try(Trusting(ca_), 0), StatusCode::OK);
  EXPECT_EQ(Try(grpc::InsecureChannelCredentials(), 0),
            StatusCode::UNAVAILABLE);
  EXPECT_EQ(Try(grpc::InsecureChannelCredentials(), 1), StatusCode::OK);
  EXPECT_EQ(Try(Trusting(ca_), 1), StatusCode::UNAVAILABLE);
}

TEST_F(TlsListenerTest, EachListenerServesWhatItIsToServe) {
  const std::string gateway =
      "/thespian.gateway.v1.GatewayService/ListEndpoints";
  const std::string admin = "/thespian.gateway.v1.AdminService/StartEndpoint";
  const std::string health = "/grpc.health.v1.Health/Check";
  const std::string reflection =
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
  const std::vector<std::string> all = {gateway, admin, health, reflection};
  std::vector<ListenerTerms> listeners;
  for (size_t i = 0; i < all.size(); ++i) {
    listeners.push_back({.addresses = {"127.0.0.1:0"},
                         .services = {.gateway = i == 0,
                                      .admin = i == 1,
                                      .health = i == 2,
                                      .reflection = i == 3}});
  }
  listeners.push_back({.addresses = {"127.0.0.1:0"}});
  Serve(listeners);
  for (size_t i = 0; i < listeners.size(); ++i) {
    for (size_t j = 0; j < all.size(); ++j) {
      EXPECT_EQ(Serves(i, all[j]), i == j || i == all.size())
          << "listener " << i << ", " << all[j];
    }
  }
}

TEST_F(TlsListenerTest, HealthIsAskedWhereNobodyHasToShowACertificate) {
  folder_.Write(ca_.Issue("gateway"));
  const TlsFiles strict =
      folder_.Files(client_ca_, ClientCertificates::kRequired);
  Serve({{.addresses = {"127.0.0.1:0"}, .tls = strict},
         {.addresses = {"127.0.0.1:0"}, .tls = folder_.Files()}});
  std::vector<ListenerTerms> listeners = {
      {.addresses = {server_->addresses()[0]}, .tls = strict}};
  EXPECT_THAT(CheckHealth(listeners),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("services = [\"health\"]")));
  listeners.push_back(
      {.addresses = {server_->addresses()[1]}, .tls = folder_.Files()});
  // There is no endpoint that could serve, or not.
  EXPECT_THAT(CheckHealth(listeners), IsOk());
}

TEST_F(TlsListenerTest, AMetricSaysWhenACertificateExpires) {
  const absl::Time end = absl::Now() + absl::Hours(24 * 30);
  folder_.Write(ca_.Issue({.name = "gateway", .not_after = end}));
  Serve({{.addresses = {"127.0.0.1:0"}, .tls = folder_.Files()}});
  const GatewayMetrics metrics(gateway_, server_->connections(),
                               [this] { return server_->Certificates(); });
  int found = 0;
  for (const prometheus::MetricFamily& family : metrics.Collect()) {
    if (family.name != "thespian_gateway_certificate_not_after_seconds") {
      continue;
    }
    ++found;
    ASSERT_EQ(family.metric.size(), 1u);
    EXPECT_EQ(family.metric[0].label[0].value, "127.0.0.1:0");
    EXPECT_EQ(family.metric[0].gauge.value,
              static_cast<double>(absl::ToUnixSeconds(end)));
  }
  EXPECT_EQ(found, 1);
}

TEST_F(TlsListenerTest, AStartWithAWrongPairSaysWhy) {
  folder_.Write({.certificate = ca_.Issue("gateway").certificate,
                 .key = ca_.Issue("other").key});
  ServerOptions options;
  options.listen = {{.addresses = {"127.0.0.1:0"}, .tls = folder_.Files()}};
  EXPECT_THAT(GatewayServer::Start(gateway_, access_, options, log_),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr(folder_.Files().key)));
}

}  // namespace
}  // namespace thespian::gateway
