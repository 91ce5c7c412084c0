// The files that a listener with TLS has, and what it wants of its clients.
//
// Ownership: values.
// Threads:   values.
// Errors:    none.
// Memory:    none.
#ifndef SERVER_TLS_TLS_FILES_H_
#define SERVER_TLS_TLS_FILES_H_

#include <string>

namespace thespian::gateway {

// Whether clients show a certificate. One that is shown must be right.
enum class ClientCertificates { kNone, kOptional, kRequired };

// Paths of PEM files.
struct TlsFiles {
  std::string certificate;  // the listener's own, then those of its issuers
  std::string key;          // of the first certificate, not encrypted
  std::string client_ca;  // who may issue clients' certificates; empty: nobody
  ClientCertificates clients = ClientCertificates::kNone;
};

}  // namespace thespian::gateway

#endif  // SERVER_TLS_TLS_FILES_H_
