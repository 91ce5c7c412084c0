#include "server/host/listener_settings.h"

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "endpoint/socket/address.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"
#include "server/host/option_kinds.h"

namespace thespian::gateway {
namespace {

constexpr size_t kLongestName = 63;  // of a listener

constexpr char kNone[] = "none";
constexpr char kOptional[] = "optional";
constexpr char kRequired[] = "required";

ClientCertificates ParseClients(const std::string& word) {
  if (word == kRequired) return ClientCertificates::kRequired;
  return word == kOptional ? ClientCertificates::kOptional
                           : ClientCertificates::kNone;
}

bool IsHeaderCharacter(char c) {
  return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' ||
         c == '_' || c == '.';
}

// CLI11's checks: what is wrong, or nothing.
std::string CheckHeader(const std::string& name) {
  if (name.empty() || !absl::c_all_of(name, IsHeaderCharacter)) {
    return "must be the name of metadata: lower case letters, digits, -, _, .";
  }
  // gRPC decodes the values of these, and others have a meaning of their own.
  return absl::EndsWith(name, "-bin") || absl::StartsWith(name, "grpc-") ||
                 name == "authorization"
             ? "must not be authorization, nor begin with grpc- or end with "
               "-bin"
             : "";
}

bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(c) || c == '_' || c == '.' || c == '-';
}

std::string CheckName(const std::string& name) {
  return !name.empty() && name.size() <= kLongestName &&
                 absl::c_all_of(name, IsNameCharacter)
             ? ""
             : fmt::format("must be 1 to {} letters, digits, _ . and -",
                           kLongestName);
}

ServedServices ToServices(const std::vector<std::string>& names) {
  if (names.empty()) return {};
  const auto has = [&names](const char* name) {
    return absl::c_linear_search(names, name);
  };
  return {.gateway = has("gateway"),
          .admin = has("admin"),
          .health = has("health"),
          .reflection = has("reflection")};
}

// What is given without what it needs.
absl::Status CheckFiles(const ListenerSettings& settings,
                        const OptionEntries& entries) {
  const bool tls = !settings.tls_cert.empty();
  const bool asks = settings.tls_client != kNone;
  if (tls && settings.tls_key.empty()) {
    return entries.Wrong("--tls-cert", "needs tls-key: the certificate's key");
  }
  if (!tls && !settings.tls_key.empty()) {
    return entries.Wrong("--tls-key", "needs tls-cert: the key's certificate");
  }
  if (!tls && !settings.tls_client_ca.empty()) {
    return entries.Wrong("--tls-client-ca", "needs tls-cert and tls-key");
  }
  if (asks && settings.tls_client_ca.empty()) {
    return entries.Wrong("--tls-client",
                         "needs tls-client-ca: who may issue the "
                         "certificates of clients");
  }
  if (!asks && !settings.tls_client_ca.empty()) {
    return entries.Wrong("--tls-client-ca",
                         "needs tls-client: optional or required");
  }
  return absl::OkStatus();
}

absl::Status CheckNetwork(const std::string& option,
                          const ListenerSettings& settings,
                          const OptionEntries& entries) {
  if (settings.insecure) return absl::OkStatus();
  for (const std::string& text : settings.addresses) {
    const absl::StatusOr<Address> address = ParseAddress(text);
    if (!address.ok() || IsLocal(*address)) continue;
    const absl::Status wrong = entries.Wrong(
        option, fmt::format("'{}' is not on the loopback, and has no TLS: give "
                            "it tls-cert and tls-key, or allow with insecure "
                            "that everything crosses the network in the clear",
                            text));
    return absl::FailedPreconditionError(std::string(MessageOf(wrong)));
  }
  return absl::OkStatus();
}

}  // namespace

void AddTlsOptions(CLI::App& app, ListenerSettings& settings) {
  AddOption(app, "--tls-cert", settings.tls_cert,
            "Serve TLS on TCP addresses with this certificate (PEM, its "
            "issuers behind it), which is read again when it changes.")
      ->option_text("PATH");
  AddOption(app, "--tls-key", settings.tls_key,
            "The certificate's key (PEM, not encrypted).")
      ->option_text("PATH");
  AddOption(app, "--tls-client-ca", settings.tls_client_ca,
            "Who may issue the certificates of clients (PEM).")
      ->option_text("PATH");
  AddWord(app, "--tls-client", settings.tls_client,
          {kNone, kOptional, kRequired},
          "Whether clients show a certificate; one that is shown must be "
          "right.");
  AddFlag(app, "--insecure", settings.insecure,
          "Listen beyond the loopback without TLS, too.");
}

void AddServices(CLI::App& app, ListenerSettings& settings) {
  AddList(app, "--services", settings.services,
          "What is served here: gateway, admin, health, reflection.")
      ->check(CLI::IsMember({"gateway", "admin", "health", "reflection"}));
}

void AddName(CLI::App& app, ListenerSettings& settings) {
  AddOption(app, "--name", settings.name, "How rules call this listener.")
      ->check(CheckName);
}

void AddTrust(CLI::App& app, ListenerSettings& settings) {
  AddOption(app, "--trust-claims", settings.trust_claims,
            "Believe this metadata, which a proxy must set: the claims of a "
            "JSON web token that it has checked, as Base64 for URLs.")
      ->option_text("HEADER")
      ->check(CheckHeader);
}

absl::Status CheckListenAddress(const std::string& option,
                                const std::string& text,
                                const OptionEntries& entries) {
  absl::Status status = ParseAddress(text).status();
  if (status.ok()) return status;
  const absl::Status wrong = entries.Wrong(option, MessageOf(status));
  return absl::FailedPreconditionError(std::string(MessageOf(wrong)));
}

absl::Status CheckListener(const std::string& option,
                           const ListenerSettings& settings,
                           const OptionEntries& entries) {
  absl::Status status = CheckFiles(settings, entries);
  if (!status.ok()) return status;
  if (settings.tls_cert.empty()) {
    return CheckNetwork(option, settings, entries);
  }
  if (absl::c_any_of(settings.addresses, IsTcp)) return absl::OkStatus();
  return entries.Wrong("--tls-cert",
                       "only TCP has TLS, and there is no such address");
}

std::vector<ListenerTerms> ToTerms(const ListenerSettings& settings,
                                   const std::string& source) {
  ListenerTerms tcp{.services = ToServices(settings.services),
                    .name = settings.name,
                    .claims_header = settings.trust_claims,
                    .source = source};
  ListenerTerms plain = tcp;
  if (settings.tls_cert.empty()) {
    plain.addresses = settings.addresses;
    return {plain};
  }
  for (const std::string& address : settings.addresses) {
    (IsTcp(address) ? tcp : plain).addresses.push_back(address);
  }
  tcp.tls = TlsFiles{.certificate = settings.tls_cert,
                     .key = settings.tls_key,
                     .client_ca = settings.tls_client_ca,
                     .clients = ParseClients(settings.tls_client)};
  std::vector<ListenerTerms> terms;
  if (!tcp.addresses.empty()) terms.push_back(tcp);
  if (!plain.addresses.empty()) terms.push_back(plain);
  return terms;
}

}  // namespace thespian::gateway
