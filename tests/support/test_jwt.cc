#include "tests/support/test_jwt.h"

#include <cstdlib>

#include "endpoint/check.h"

namespace thespian::gateway {
namespace {

TestKey WithKid(cjose_jwk_t* made, const std::string& kid) {
  cjose_err error;
  Check(made != nullptr, "a key can be made");
  Check(cjose_jwk_set_kid(made, kid.data(), kid.size(), &error),
        "it has a kid");
  return TestKey(made);
}

}  // namespace

TestKey RsaKey(const std::string& kid, size_t bits) {
  cjose_err error;
  const uint8_t e[] = {1, 0, 1};
  return WithKid(cjose_jwk_create_RSA_random(bits, e, sizeof e, &error), kid);
}

TestKey EcKey(const std::string& kid, cjose_jwk_ec_curve curve) {
  cjose_err error;
  return WithKid(cjose_jwk_create_EC_random(curve, &error), kid);
}

nlohmann::json PublicOf(const TestKey& key, bool with_secret) {
  cjose_err error;
  char* text = cjose_jwk_to_json(key.get(), with_secret, &error);
  Check(text != nullptr, "a key can be written");
  nlohmann::json json = nlohmann::json::parse(text);
  std::free(text);
  return json;
}

std::string Sign(const TestKey& key, const std::string& algorithm,
                 const std::string& kid, const std::string& claims) {
  cjose_err error;
  cjose_header_t* head = cjose_header_new(&error);
  Check(cjose_header_set(head, CJOSE_HDR_ALG, algorithm.c_str(), &error) &&
            cjose_header_set(head, CJOSE_HDR_KID, kid.c_str(), &error),
        "a head can be made");
  cjose_jws_t* jws = cjose_jws_sign(
      key.get(), head, reinterpret_cast<const uint8_t*>(claims.data()),
      claims.size(), &error);
  const char* text = nullptr;
  Check(jws != nullptr && cjose_jws_export(jws, &text, &error),
        "a token can be made");
  std::string token = text;
  cjose_jws_release(jws);
  cjose_header_release(head);
  return token;
}

}  // namespace thespian::gateway
