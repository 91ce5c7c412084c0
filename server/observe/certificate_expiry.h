// Until when a listener's certificate, or one of its issuers', is valid.
//
// Ownership: values.
// Threads:   values.
// Errors:    none.
// Memory:    none.
#ifndef SERVER_OBSERVE_CERTIFICATE_EXPIRY_H_
#define SERVER_OBSERVE_CERTIFICATE_EXPIRY_H_

#include <string>

#include "absl/time/time.h"

namespace thespian::gateway {

struct CertificateExpiry {
  std::string listener;  // its addresses, as asked
  absl::Time not_after;
};

}  // namespace thespian::gateway

#endif  // SERVER_OBSERVE_CERTIFICATE_EXPIRY_H_
