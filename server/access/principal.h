// Who calls: what a caller has proved of itself, as text that rules, limits
// and the audit know it by.
//
//   anonymous                  nothing was asked, or nothing was shown
//   spiffe://TRUST-DOMAIN/...  a certificate's SPIFFE id
//   dns:NAME, email:NAME, ...  another of its alternative names
//   cn:NAME                    its common name
//   uid:1000, gid:1000         the peer of a Unix socket
//   token:NAME                 a bearer token of the token file
//   jwt:ISSUER/SUBJECT         a JSON web token
//
// What comes from outside is written with printable ASCII characters alone:
// others, '%' and '*' are written as %XX, and so is '/' in a subject. No two
// identities have the same text, and no text can pass for a pattern.
//
// Ownership: shared, never changed.
// Threads:   safe from any thread.
// Errors:    none.
// Memory:    the names.
#ifndef SERVER_ACCESS_PRINCIPAL_H_
#define SERVER_ACCESS_PRINCIPAL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace thespian::gateway {

class Principal;
using SharedPrincipal = std::shared_ptr<const Principal>;

// Of a certificate that was verified. What it lacks is empty.
struct CertificateNames {
  std::string spiffe_id;
  // Each with its kind before it: "dns:db.example".
  std::vector<std::string> alternatives;
  std::string common_name;
};

class Principal {
 public:
  enum class Kind { kAnonymous, kCertificate, kUnixPeer, kToken, kJwt };

  static SharedPrincipal Anonymous();
  // A certificate without any name is anonymous.
  static SharedPrincipal OfCertificate(const CertificateNames& names);
  static SharedPrincipal OfUnixPeer(uint32_t uid, uint32_t gid);
  static SharedPrincipal OfToken(std::string_view name);
  static SharedPrincipal OfJwt(std::string_view issuer,
                               std::string_view subject);
  // For questions about rules: one of the texts above. Null if it is none.
  static SharedPrincipal OfText(std::string_view text);

  Kind kind() const { return kind_; }
  // The first of its names.
  const std::string& text() const { return names_.front(); }
  // All it is known by: a rule for any of them concerns it.
  const std::vector<std::string>& names() const { return names_; }
  // All of them in one text, which no other identity has.
  const std::string& key() const { return key_; }

 private:
  Principal(Kind kind, std::vector<std::string> names);

  static SharedPrincipal Make(Kind kind, std::vector<std::string> names);

  const Kind kind_;
  const std::vector<std::string> names_;
  const std::string key_;
};

// `name` as it is written in a principal's text. `also` is written as %XX, too.
std::string EscapeName(std::string_view name, char also = '%');

// What a principal's text begins with: "cn:", "spiffe://" and so on. The text
// of those who have shown nothing is whole.
std::vector<std::string> PrincipalPrefixes();
inline constexpr char kAnonymousText[] = "anonymous";

}  // namespace thespian::gateway

#endif  // SERVER_ACCESS_PRINCIPAL_H_
