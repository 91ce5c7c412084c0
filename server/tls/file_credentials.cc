#include "server/tls/file_credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include <atomic>
#include <string>
#include <utility>

#include "endpoint/check.h"

namespace thespian::gateway {
namespace {

grpc_ssl_client_certificate_request_type RequestType(
    ClientCertificates clients) {
  switch (clients) {
    case ClientCertificates::kNone:
      return GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
    case ClientCertificates::kOptional:
      return GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
    case ClientCertificates::kRequired:
      return GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
  }
  return GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
}

class FileCredentials final : public grpc::ServerCredentials {
 public:
  explicit FileCredentials(
      std::shared_ptr<const WatchedCertificates> certificates)
      : certificates_(std::move(certificates)),
        credentials_(grpc_ssl_server_credentials_create_with_options(
            grpc_ssl_server_credentials_create_options_using_config_fetcher(
                RequestType(certificates_->files().clients), &Fetch, this))) {}

  ~FileCredentials() override { grpc_server_credentials_release(credentials_); }

  FileCredentials(const FileCredentials&) = delete;
  FileCredentials& operator=(const FileCredentials&) = delete;

  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {
    Check(false, "credentials of files have no processor");
  }

 private:
  int AddPortToServer(const std::string& address,
                      grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  // Called for every handshake, one at a time.
  static grpc_ssl_certificate_config_reload_status Fetch(
      void* self, grpc_ssl_server_certificate_config** config) {
    return static_cast<FileCredentials*>(self)->Fetch(*config);
  }

  grpc_ssl_certificate_config_reload_status Fetch(
      grpc_ssl_server_certificate_config*& config) {
    const auto version = certificates_->current();
    if (version->number == fetched_.exchange(version->number)) {
      return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    }
    const PemTexts& texts = version->texts;
    // gRPC wants some, and looks at none where no client is asked for one.
    const std::string& roots =
        texts.client_ca.empty() ? texts.certificate : texts.client_ca;
    const grpc_ssl_pem_key_cert_pair pair = {
        .private_key = texts.key.c_str(),
        .cert_chain = texts.certificate.c_str()};
    config = grpc_ssl_server_certificate_config_create(roots.c_str(), &pair, 1);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  const std::shared_ptr<const WatchedCertificates> certificates_;
  std::atomic<uint64_t> fetched_ = 0;
  grpc_server_credentials* const credentials_;
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> MakeFileCredentials(
    std::shared_ptr<const WatchedCertificates> certificates) {
  return std::make_shared<FileCredentials>(std::move(certificates));
}

}  // namespace thespian::gateway
