// The options of a listener, as the command line and the tables [[listener]] of
// the file have them, and whether they go together.
//
// Ownership: the options write to the settings, which outlive the App.
// Threads:   thread-compatible.
// Errors:    as OptionEntries::Wrong has them; FAILED_PRECONDITION if an
//   address is wrong, wherever it comes from.
// Memory:    none.
#ifndef SERVER_HOST_LISTENER_SETTINGS_H_
#define SERVER_HOST_LISTENER_SETTINGS_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/host/listener_terms.h"
#include "server/host/option_entries.h"

namespace thespian::gateway {

struct ListenerSettings {
  std::vector<std::string> addresses;
  std::string tls_cert;
  std::string tls_key;
  std::string tls_client_ca;
  std::string tls_client = "none";
  std::vector<std::string> services;  // none: all of them
  bool insecure = false;
  std::string name;
  std::string trust_claims;
};

// --tls-cert, --tls-key, --tls-client-ca, --tls-client and --insecure.
void AddTlsOptions(CLI::App& app, ListenerSettings& settings);
// --services and --name.
void AddServices(CLI::App& app, ListenerSettings& settings);
void AddName(CLI::App& app, ListenerSettings& settings);
// --trust-claims.
void AddTrust(CLI::App& app, ListenerSettings& settings);

// `option` is that of an address ("--listen").
absl::Status CheckListenAddress(const std::string& option,
                                const std::string& text,
                                const OptionEntries& entries);

// Whether the certificates go together, and whether the addresses, which are
// right, may be listened on without them. `option` is that of the addresses.
absl::Status CheckListener(const std::string& option,
                           const ListenerSettings& settings,
                           const OptionEntries& entries);

// The terms of the TCP addresses and those of the Unix sockets, which have no
// TLS; one of the two if there is no difference.
std::vector<ListenerTerms> ToTerms(const ListenerSettings& settings,
                                   const std::string& source);

}  // namespace thespian::gateway

#endif  // SERVER_HOST_LISTENER_SETTINGS_H_
