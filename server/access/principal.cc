#include "server/access/principal.h"

#include <array>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

struct PrefixRow {
  std::string_view prefix;
  Principal::Kind kind;
};

constexpr std::string_view kSpiffe = "spiffe://";

constexpr std::array<PrefixRow, 10> kPrefixes = {{
    {kSpiffe, Principal::Kind::kCertificate},
    {"cn:", Principal::Kind::kCertificate},
    {"dns:", Principal::Kind::kCertificate},
    {"email:", Principal::Kind::kCertificate},
    {"ip:", Principal::Kind::kCertificate},
    {"uri:", Principal::Kind::kCertificate},
    {"uid:", Principal::Kind::kUnixPeer},
    {"gid:", Principal::Kind::kUnixPeer},
    {"token:", Principal::Kind::kToken},
    {"jwt:", Principal::Kind::kJwt},
}};

bool IsPlain(char c) { return c > 0x20 && c < 0x7f && c != '%' && c != '*'; }

}  // namespace

std::string EscapeName(std::string_view name, char also) {
  std::string escaped;
  escaped.reserve(name.size());
  for (const char c : name) {
    if (IsPlain(c) && c != also) {
      escaped += c;
    } else {
      escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return escaped;
}

std::vector<std::string> PrincipalPrefixes() {
  std::vector<std::string> all;
  all.reserve(kPrefixes.size());
  for (const PrefixRow& row : kPrefixes) all.emplace_back(row.prefix);
  return all;
}

Principal::Principal(Kind kind, std::vector<std::string> names)
    : kind_(kind), names_(std::move(names)), key_(absl::StrJoin(names_, " ")) {}

SharedPrincipal Principal::Make(Kind kind, std::vector<std::string> names) {
  return SharedPrincipal(new Principal(kind, std::move(names)));
}

SharedPrincipal Principal::Anonymous() {
  return Make(Kind::kAnonymous, {kAnonymousText});
}

SharedPrincipal Principal::OfCertificate(const CertificateNames& certificate) {
  std::vector<std::string> names;
  if (absl::StartsWith(certificate.spiffe_id,
                       absl::string_view(kSpiffe.data(), kSpiffe.size()))) {
    names.push_back(EscapeName(certificate.spiffe_id));
  }
  for (const std::string& name : certificate.alternatives) {
    // One that looks like a SPIFFE id, or has no kind, is none of these.
    const SharedPrincipal known = OfText(EscapeName(name));
    if (known != nullptr && known->kind() == Kind::kCertificate &&
        !absl::StartsWith(name, "spiffe:") && !absl::StartsWith(name, "cn:")) {
      names.push_back(known->text());
    }
  }
  if (!certificate.common_name.empty()) {
    names.push_back("cn:" + EscapeName(certificate.common_name));
  }
  if (names.empty()) return Anonymous();
  return Make(Kind::kCertificate, std::move(names));
}

SharedPrincipal Principal::OfUnixPeer(uint32_t uid, uint32_t gid) {
  return Make(Kind::kUnixPeer,
              {fmt::format("uid:{}", uid), fmt::format("gid:{}", gid)});
}

SharedPrincipal Principal::OfToken(std::string_view name) {
  return Make(Kind::kToken, {"token:" + EscapeName(name)});
}

SharedPrincipal Principal::OfJwt(std::string_view issuer,
                                 std::string_view subject) {
  return Make(Kind::kJwt, {fmt::format("jwt:{}/{}", EscapeName(issuer),
                                       EscapeName(subject, '/'))});
}

SharedPrincipal Principal::OfText(std::string_view text) {
  if (text == kAnonymousText) return Anonymous();
  for (const PrefixRow& row : kPrefixes) {
    if (text.substr(0, row.prefix.size()) == row.prefix &&
        text.size() > row.prefix.size()) {
      return Make(row.kind, {std::string(text)});
    }
  }
  return nullptr;
}

}  // namespace thespian::gateway
