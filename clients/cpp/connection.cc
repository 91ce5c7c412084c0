#include "clients/cpp/connection.h"

#include <string_view>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "fmt/format.h"
#include "server/command_line/file_text.h"

namespace thespian::gateway::client {
namespace {

constexpr char kEndpointKey[] = "x-thespian-endpoint";
constexpr size_t kMostPemBytes = 1u << 20;
// gRPC's own.
constexpr std::string_view kReserved = "grpc-";

// Empty if there is no path.
absl::StatusOr<std::string> ReadPem(const std::string& path) {
  if (path.empty()) return std::string();
  absl::StatusOr<std::string> text = ReadFileText(path, kMostPemBytes);
  if (text.ok()) return text;
  return absl::InvalidArgumentError(std::string(text.status().message()));
}

bool IsKey(std::string_view key) {
  return !key.empty() && !key.starts_with(kReserved) &&
         absl::c_all_of(key, [](unsigned char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) ||
                  c == '-' || c == '_' || c == '.';
         });
}

bool IsValue(std::string_view value) {
  return absl::c_all_of(value,
                        [](unsigned char c) { return absl::ascii_isprint(c); });
}

class HeaderInterceptor final : public grpc::experimental::Interceptor {
 public:
  explicit HeaderInterceptor(const std::vector<Header>& headers)
      : headers_(headers) {}

  void Intercept(
      grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(
            grpc::experimental::InterceptionHookPoints::
                PRE_SEND_INITIAL_METADATA)) {
      for (const Header& header : headers_) {
        methods->GetSendInitialMetadata()->emplace(header.key, header.value);
      }
    }
    methods->Proceed();
  }

 private:
  const std::vector<Header>& headers_;
};

class HeaderInterceptors final
    : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit HeaderInterceptors(std::vector<Header> headers)
      : headers_(std::move(headers)) {}

  // gRPC deletes it with the RPC, which the channel outlives.
  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo* /*info*/) override {
    return new HeaderInterceptor(headers_);
  }

 private:
  const std::vector<Header> headers_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> TlsCredentials(
    const TlsOptions& options) {
  if (options.certificate.empty() != options.key.empty()) {
    return absl::InvalidArgumentError(
        "a certificate needs its key, and a key its certificate");
  }
  absl::StatusOr<std::string> ca = ReadPem(options.ca);
  if (!ca.ok()) return ca.status();
  absl::StatusOr<std::string> certificate = ReadPem(options.certificate);
  if (!certificate.ok()) return certificate.status();
  absl::StatusOr<std::string> key = ReadPem(options.key);
  if (!key.ok()) return key.status();
  return grpc::SslCredentials({.pem_root_certs = *std::move(ca),
                               .pem_private_key = *std::move(key),
                               .pem_cert_chain = *std::move(certificate)});
}

absl::Status CheckHeaders(const std::vector<Header>& headers) {
  for (const Header& header : headers) {
    if (!IsKey(header.key)) {
      return absl::InvalidArgumentError(fmt::format(
          "the header '{}' can't be sent: its name has lower-case letters, "
          "digits, '-', '_' and '.', and does not begin with '{}'",
          header.key, kReserved));
    }
    if (!IsValue(header.value)) {
      return absl::InvalidArgumentError(fmt::format(
          "the value of the header '{}' is not printable ASCII", header.key));
    }
  }
  return absl::OkStatus();
}

// gRPC ends the process over metadata that can't be sent.
void NameEndpoint(const std::string& endpoint, grpc::ClientContext& context) {
  if (endpoint.empty() || !IsValue(endpoint)) return;
  context.AddMetadata(kEndpointKey, endpoint);
}

std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>
AddHeaders(std::vector<Header> headers) {
  return std::make_unique<HeaderInterceptors>(std::move(headers));
}

}  // namespace thespian::gateway::client
