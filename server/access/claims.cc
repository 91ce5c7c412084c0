#include "server/access/claims.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "endpoint/error.h"
#include "nlohmann/json.hpp"

namespace thespian::gateway {
namespace {

using Json = nlohmann::json;

// Null if there is no such text, or none that may be a name.
const std::string* TextIn(const Json& claims, const char* key) {
  const auto found = claims.find(key);
  if (found == claims.end()) return nullptr;
  const auto* text = found->get_ptr<const std::string*>();
  return text == nullptr || text->empty() ? nullptr : text;
}

absl::Status Wrong(std::string_view what) {
  return MakeError(ErrorReason::kUnauthenticated, what);
}

}  // namespace

absl::StatusOr<SharedPrincipal> PrincipalOfClaims(std::string_view value) {
  std::string text;
  if (!absl::WebSafeBase64Unescape(
          absl::string_view(value.data(), value.size()), &text)) {
    return Wrong("the claims of the proxy are no Base64 for URLs");
  }
  const Json claims = Json::parse(text, nullptr, false);
  if (!claims.is_object()) {
    return Wrong("the claims of the proxy are no JSON object");
  }
  const std::string* issuer = TextIn(claims, "iss");
  const std::string* subject = TextIn(claims, "sub");
  if (issuer == nullptr || subject == nullptr) {
    return Wrong("the claims of the proxy have no iss or no sub");
  }
  return Principal::OfJwt(*issuer, *subject);
}

}  // namespace thespian::gateway
