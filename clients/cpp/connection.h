// What a connection shows of the client, and sends with each of its RPCs.
//
// Ownership: values.
// Threads:   stateless.
// Errors:    INVALID_ARGUMENT: a file can't be read, or a header can't be sent.
// Memory:    the files, while they are read.
#ifndef CLIENTS_CPP_CONNECTION_H_
#define CLIENTS_CPP_CONNECTION_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "grpcpp/client_context.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/client_interceptor.h"

namespace thespian::gateway::client {

// Paths of PEM files.
struct TlsOptions {
  // Who may have issued the gateway's certificate. Empty: whom the system
  // trusts.
  std::string ca;
  // What the client shows, and its key. Both or none.
  std::string certificate;
  std::string key;
};

// Metadata of an RPC. The key has lower-case letters, digits, '-', '_' and '.';
// the value is printable ASCII.
struct Header {
  std::string key;
  std::string value;
};

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> TlsCredentials(
    const TlsOptions& options);

absl::Status CheckHeaders(const std::vector<Header>& headers);

// Tells proxies for which endpoint an RPC is, by the metadata
// "x-thespian-endpoint"; not if there is no name, or one that no endpoint can
// have.
void NameEndpoint(const std::string& endpoint, grpc::ClientContext& context);

// Adds the headers, which are right, to each RPC of a channel.
std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>
AddHeaders(std::vector<Header> headers);

}  // namespace thespian::gateway::client

#endif  // CLIENTS_CPP_CONNECTION_H_
