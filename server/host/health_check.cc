#include "server/host/health_check.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <chrono>
#include <memory>
#include <string>

#include "endpoint/socket/address.h"
#include "fmt/format.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace thespian::gateway {
namespace {

namespace health = grpc::health::v1;

constexpr std::chrono::seconds kPatience{3};

// Null: nowhere.
const ListenerTerms* WhereToAsk(const std::vector<ListenerTerms>& listeners) {
  const ListenerTerms* with_tls = nullptr;
  for (const ListenerTerms& terms : listeners) {
    if (!terms.services.health) continue;
    if (!terms.tls.has_value()) return &terms;
    if (with_tls == nullptr &&
        terms.tls->clients != ClientCertificates::kRequired) {
      with_tls = &terms;
    }
  }
  return with_tls;
}

// Encrypted, to whomever.
std::shared_ptr<grpc::ChannelCredentials> AnyTls() {
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_verify_server_certs(false);
  options.set_check_call_host(false);
  options.set_certificate_verifier(
      std::make_shared<grpc::experimental::NoOpCertificateVerifier>());
  return grpc::experimental::TlsCredentials(options);
}

absl::Status Ask(const std::string& address,
                 const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  const absl::StatusOr<Address> parsed = ParseAddress(address);
  if (!parsed.ok()) return parsed.status();
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  const auto stub = health::Health::NewStub(
      grpc::CreateCustomChannel(DialTarget(*parsed), credentials, arguments));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  health::HealthCheckResponse response;
  const grpc::Status status = stub->Check(&context, {}, &response);
  if (!status.ok()) {
    return absl::UnavailableError(
        fmt::format("{}: {}", address, status.error_message()));
  }
  if (response.status() == health::HealthCheckResponse::SERVING) {
    return absl::OkStatus();
  }
  return absl::UnavailableError(fmt::format(
      "{}: {}", address,
      health::HealthCheckResponse::ServingStatus_Name(response.status())));
}

}  // namespace

absl::Status CheckHealth(const std::vector<ListenerTerms>& listeners) {
  const ListenerTerms* terms = WhereToAsk(listeners);
  if (terms == nullptr) {
    return absl::FailedPreconditionError(
        "health is served nowhere without a certificate of the client: a "
        "[[listener]] on the loopback or a Unix socket with services = "
        "[\"health\"] can be asked");
  }
  return Ask(
      terms->addresses.front(),
      terms->tls.has_value() ? AnyTls() : grpc::InsecureChannelCredentials());
}

}  // namespace thespian::gateway
