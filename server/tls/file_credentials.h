// gRPC's credentials of a listener whose certificates may change while it
// serves: every handshake asks for the newest.
//
// gRPC 1.51 has no such credentials in C++ that check what they read, so these
// hand the certificates to its C API; see
// docs/decisions/2026-11-28-certificates-by-fetcher.md.
//
// Ownership: shares the certificates.
// Threads:   gRPC's.
// Errors:    none: what is handed over was checked.
// Memory:    gRPC's copy of the certificates.
#ifndef SERVER_TLS_FILE_CREDENTIALS_H_
#define SERVER_TLS_FILE_CREDENTIALS_H_

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "server/tls/watched_certificates.h"

namespace thespian::gateway {

// For one acceptor of one server.
std::shared_ptr<grpc::ServerCredentials> MakeFileCredentials(
    std::shared_ptr<const WatchedCertificates> certificates);

}  // namespace thespian::gateway

#endif  // SERVER_TLS_FILE_CREDENTIALS_H_
