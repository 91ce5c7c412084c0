#include "server/access/jwt.h"

#include <array>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "endpoint/error.h"
#include "fmt/format.h"
#include "nlohmann/json.hpp"
#include "server/command_line/file_text.h"
#include "server/command_line/toml_text.h"

namespace thespian::gateway {
namespace {

using Json = nlohmann::json;

constexpr size_t kMostFileBytes = 1u << 20;

struct AlgorithmRow {
  std::string_view name;
  std::string_view key_type;
  std::string_view curve;  // empty: it has none
  // Of one over a curve, which the library takes with more behind it. 0: any.
  size_t signature_bytes;
};

constexpr std::array<AlgorithmRow, 9> kAlgorithms = {{
    // The first for a kind of keys is for those that name none.
    {"RS256", "RSA", "", 0},
    {"RS384", "RSA", "", 0},
    {"RS512", "RSA", "", 0},
    {"PS256", "RSA", "", 0},
    {"PS384", "RSA", "", 0},
    {"PS512", "RSA", "", 0},
    {"ES256", "EC", "P-256", 64},
    {"ES384", "EC", "P-384", 96},
    {"ES512", "EC", "P-521", 132},
}};

absl::Status Refused(std::string_view what) {
  return MakeError(ErrorReason::kUnauthenticated,
                   fmt::format("the token {}", what));
}

// Empty: it is not there, or no text.
std::string TextOf(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>()
                                                     : "";
}

Json ParseJson(std::string_view text) {
  return Json::parse(text, /*cb=*/nullptr, /*allow_exceptions=*/false);
}

// Whether it is written as there is only one way to write it; the library
// leaves out what it can't read.
bool IsCanonical(absl::string_view part) {
  std::string bytes;
  return absl::WebSafeBase64Unescape(part, &bytes) &&
         absl::WebSafeBase64Escape(bytes) == part;
}

// A token in its compact form, of which the claims are not read yet.
struct Parts {
  Json head;  // null: it is no token
  size_t signature_bytes = 0;
};

Parts Take(const std::string& token) {
  const std::vector<absl::string_view> parts = absl::StrSplit(token, '.');
  std::string head;
  std::string signature;
  if (parts.size() != 3 || !absl::c_all_of(parts, IsCanonical) ||
      !absl::WebSafeBase64Unescape(parts.front(), &head) ||
      !absl::WebSafeBase64Unescape(parts.back(), &signature)) {
    return {};
  }
  return {.head = ParseJson(head), .signature_bytes = signature.size()};
}

// The one that a key is for; null: none that we know.
const AlgorithmRow* AlgorithmOf(const Json& key) {
  const std::string named = TextOf(key, "alg");
  for (const AlgorithmRow& row : kAlgorithms) {
    if (row.key_type == TextOf(key, "kty") && row.curve == TextOf(key, "crv") &&
        (named.empty() || named == row.name)) {
      return &row;
    }
  }
  return nullptr;
}

bool IsForSignatures(const Json& key) {
  const std::string use = TextOf(key, "use");
  return use.empty() || use == "sig";
}

// A claim that is a point in time. Nothing: it is not there or no number.
std::optional<absl::Time> TimeOf(const Json& claims, const char* key) {
  const auto found = claims.find(key);
  if (found == claims.end() || !found->is_number()) return std::nullopt;
  const auto seconds = found->get<double>();
  constexpr double kMost = 1e11;
  if (!(std::abs(seconds) < kMost)) return std::nullopt;
  return absl::UnixEpoch() + absl::Seconds(seconds);
}

bool IsFor(const Json& claims, const std::string& audience) {
  const auto found = claims.find("aud");
  if (found == claims.end()) return false;
  if (found->is_string()) return found->get<std::string>() == audience;
  if (!found->is_array()) return false;
  for (const Json& one : *found) {
    if (one.is_string() && one.get<std::string>() == audience) return true;
  }
  return false;
}

struct ReleaseJws {
  void operator()(cjose_jws_t* jws) const { cjose_jws_release(jws); }
};

}  // namespace

// --- Keys ------------------------------------------------------------------

absl::StatusOr<std::shared_ptr<const JwtKeys>> JwtKeys::Read(
    const std::string& path, JwtTerms terms) {
  const absl::StatusOr<std::string> text = ReadFileText(path, kMostFileBytes);
  if (!text.ok()) return text.status();
  return Parse(*text, path, std::move(terms));
}

absl::StatusOr<std::shared_ptr<const JwtKeys>> JwtKeys::Parse(
    std::string_view text, const std::string& path, JwtTerms terms) {
  const Json set = ParseJson(text);
  const auto list = set.is_object() ? set.find("keys") : set.end();
  if (list == set.end() || !list->is_array()) {
    return ErrorAt(path, "is no set of JSON web keys: {\"keys\": [...]}");
  }
  std::shared_ptr<JwtKeys> keys(new JwtKeys(std::move(terms)));
  size_t number = 0;
  for (const Json& key : *list) {
    ++number;
    const std::string wrong = keys->Add(key);
    if (!wrong.empty()) {
      return ErrorAt(path, fmt::format("key {}: {}", number, wrong));
    }
  }
  if (keys->size() == 0) return ErrorAt(path, "has no key for signatures");
  return keys;
}

std::string JwtKeys::Add(const Json& key) {
  if (!key.is_object()) return "is no object";
  if (key.contains("d") || key.contains("k")) {
    return "has a secret in it: only public keys belong there";
  }
  const AlgorithmRow* algorithm = AlgorithmOf(key);
  if (algorithm == nullptr || !IsForSignatures(key)) return "";
  const std::string kid = TextOf(key, "kid");
  if (kid.empty()) return "has no kid";
  const std::string text = key.dump();
  cjose_err error;
  Key made = {.algorithm = std::string(algorithm->name),
              .signature_bytes = algorithm->signature_bytes,
              .key = {cjose_jwk_import(text.data(), text.size(), &error), {}}};
  if (made.key == nullptr) return "can't be read";
  if (algorithm->key_type == "RSA" &&
      cjose_jwk_get_keysize(made.key.get(), &error) < kLeastRsaBits) {
    return fmt::format("has fewer than {} bits", kLeastRsaBits);
  }
  if (!keys_.emplace(kid, std::move(made)).second) {
    return "has the kid of another";
  }
  return "";
}

// --- Tokens ----------------------------------------------------------------

absl::StatusOr<SharedPrincipal> JwtKeys::Check(const std::string& token,
                                               absl::Time now) const {
  if (token.size() > kLongestToken) return Refused("is too long");
  const absl::StatusOr<Json> claims = Verify(token);
  if (!claims.ok()) return claims.status();
  absl::Status status = CheckClaims(*claims, now);
  if (!status.ok()) return status;
  return Principal::OfJwt(terms_.issuer, TextOf(*claims, "sub"));
}

absl::StatusOr<const JwtKeys::Key*> JwtKeys::FindKey(
    const std::string& token) const {
  const auto [head, signature_bytes] = Take(token);
  if (!head.is_object()) return Refused("can't be read");
  if (head.contains("crit")) return Refused("asks for what is not known here");
  const auto key = keys_.find(TextOf(head, "kid"));
  if (key == keys_.end()) return Refused("is signed by a key not known here");
  if (TextOf(head, "alg") != key->second.algorithm) {
    return Refused("has another algorithm than its key");
  }
  const size_t right = key->second.signature_bytes;
  if (right != 0 && signature_bytes != right) {
    return Refused("has a wrong signature");
  }
  return &key->second;
}

absl::StatusOr<Json> JwtKeys::Verify(const std::string& token) const {
  const absl::StatusOr<const Key*> key = FindKey(token);
  if (!key.ok()) return key.status();
  cjose_err error;
  const std::unique_ptr<cjose_jws_t, ReleaseJws> jws(
      cjose_jws_import(token.data(), token.size(), &error));
  if (jws == nullptr) return Refused("can't be read");
  // As the library reads it, which is what it verifies by.
  const char* algorithm = cjose_header_get(cjose_jws_get_protected(jws.get()),
                                           CJOSE_HDR_ALG, &error);
  if (algorithm == nullptr || (*key)->algorithm != algorithm) {
    return Refused("has another algorithm than its key");
  }
  if (!cjose_jws_verify(jws.get(), (*key)->key.get(), &error)) {
    return Refused("has a wrong signature");
  }
  uint8_t* text = nullptr;
  size_t size = 0;
  if (!cjose_jws_get_plaintext(jws.get(), &text, &size, &error)) {
    return Refused("can't be read");
  }
  Json claims = ParseJson({reinterpret_cast<const char*>(text), size});
  if (!claims.is_object()) return Refused("has no claims");
  return claims;
}

absl::Status JwtKeys::CheckClaims(const Json& claims, absl::Time now) const {
  if (TextOf(claims, "iss") != terms_.issuer) {
    return Refused("is of another issuer");
  }
  if (!IsFor(claims, terms_.audience)) return Refused("is for somebody else");
  if (TextOf(claims, "sub").empty()) return Refused("has no subject");
  const std::optional<absl::Time> expires = TimeOf(claims, "exp");
  if (!expires.has_value()) return Refused("has no time at which it expires");
  if (now >= *expires + terms_.skew) return Refused("has expired");
  if (!claims.contains("nbf")) return absl::OkStatus();
  const std::optional<absl::Time> not_before = TimeOf(claims, "nbf");
  if (!not_before.has_value() || now < *not_before - terms_.skew) {
    return Refused("is not valid yet");
  }
  return absl::OkStatus();
}

}  // namespace thespian::gateway
