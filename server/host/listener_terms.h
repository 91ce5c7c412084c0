// Where a listener listens, and on which terms.
//
// Ownership: values.
// Threads:   values.
// Errors:    none.
// Memory:    none.
#ifndef SERVER_HOST_LISTENER_TERMS_H_
#define SERVER_HOST_LISTENER_TERMS_H_

#include <optional>
#include <string>
#include <vector>

#include "server/tls/tls_files.h"

namespace thespian::gateway {

struct ServedServices {
  bool gateway = true;
  bool admin = true;
  bool health = true;
  bool reflection = true;
};

struct ListenerTerms {
  // host:port, with port 0 for any, unix:PATH or unix:@NAME.
  std::vector<std::string> addresses;
  // Without it nothing is encrypted. Unix sockets are not.
  std::optional<TlsFiles> tls = std::nullopt;
  ServedServices services = {};
  // By which rules know it; empty: they don't.
  std::string name = {};
  // The metadata in which a proxy says who calls; empty: nobody is believed.
  std::string claims_header = {};
  // Where it was asked for: an option, or a place in the file.
  std::string source = "--listen";
};

}  // namespace thespian::gateway

#endif  // SERVER_HOST_LISTENER_TERMS_H_
