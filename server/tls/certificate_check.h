// Whether certificates and keys are such that gRPC can serve with them, and
// clients can trust them.
//
// Ownership: values.
// Threads:   stateless.
// Errors:    FAILED_PRECONDITION: "FILE: what is wrong", never anything of a
//   key. What it finds is a finding about a file, whatever OpenSSL calls it.
// Memory:    kMostPemBytes of each file while it is read.
#ifndef SERVER_TLS_CERTIFICATE_CHECK_H_
#define SERVER_TLS_CERTIFICATE_CHECK_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/tls/tls_files.h"

namespace thespian::gateway {

inline constexpr size_t kMostPemBytes = 1u << 20;

// What the files of a TlsFiles say.
struct PemTexts {
  std::string certificate;
  std::string key;
  std::string client_ca;

  friend bool operator==(const PemTexts&, const PemTexts&) = default;
};

absl::StatusOr<PemTexts> ReadPemTexts(const TlsFiles& files);

struct CertificateFacts {
  std::string subject;
  // Of the certificate and those of its issuers, the first that expires.
  absl::Time not_after;
};

// All of them parse; the key fits; each certificate is issued by the one behind
// it; none has expired, or is not valid yet; a client CA is valid; OpenSSL
// takes them (weak keys it does not).
absl::StatusOr<CertificateFacts> CheckCertificates(const TlsFiles& files,
                                                   const PemTexts& texts,
                                                   absl::Time now);

}  // namespace thespian::gateway

#endif  // SERVER_TLS_CERTIFICATE_CHECK_H_
