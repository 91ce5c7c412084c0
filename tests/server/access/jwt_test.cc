#include "server/access/jwt.h"

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "endpoint/check.h"
#include "endpoint/error.h"
#include "gmock/gmock.h"
#include "nlohmann/json.hpp"
#include "tests/support/status_matchers.h"
#include "tests/support/test_jwt.h"

namespace thespian::gateway {
namespace {

using Json = nlohmann::json;

constexpr absl::StatusCode kRefused = absl::StatusCode::kUnauthenticated;
constexpr int64_t kNow = 1'800'000'000;

Json Claims() {
  return {{"iss", "https://id.example"},
          {"aud", "gateway"},
          {"sub", "alice"},
          {"exp", kNow + 600},
          {"nbf", kNow - 600}};
}

Json Without(Json claims, const char* claim) {
  claims.erase(claim);
  return claims;
}

Json With(Json claims, const char* claim, const Json& value) {
  claims[claim] = value;
  return claims;
}

class JwtTest : public ::testing::Test {
 protected:
  // Keys take long to make: the tests share them.
  static void SetUpTestSuite() {
    rsa_ = new TestKey(RsaKey("r"));
    ec_ = new TestKey(EcKey("e", CJOSE_JWK_EC_P_256));
    Json ec = PublicOf(*ec_);
    ec["use"] = "sig";
    const Json set = {{"keys", {PublicOf(*rsa_), ec}}};
    const auto keys =
        JwtKeys::Parse(set.dump(), "keys.json",
                       {.issuer = "https://id.example", .audience = "gateway"});
    ASSERT_THAT(keys, IsOk());
    keys_ = new std::shared_ptr<const JwtKeys>(*keys);
  }
  static void TearDownTestSuite() {
    delete keys_;
    delete ec_;
    delete rsa_;
  }

  static absl::StatusOr<SharedPrincipal> CheckAt(const std::string& token,
                                                 int64_t seconds) {
    return (*keys_)->Check(token, absl::FromUnixSeconds(seconds));
  }
  static absl::StatusOr<SharedPrincipal> CheckNow(const std::string& token) {
    return CheckAt(token, kNow);
  }
  static std::string Es256(const Json& claims) {
    return Sign(*ec_, "ES256", "e", claims.dump());
  }

  static TestKey* rsa_;
  static TestKey* ec_;
  static std::shared_ptr<const JwtKeys>* keys_;
};
TestKey* JwtTest::rsa_ = nullptr;
TestKey* JwtTest::ec_ = nullptr;
std::shared_ptr<const JwtKeys>* JwtTest::keys_ = nullptr;

TEST_F(JwtTest, GoodOnesSayWhoTheyAreOf) {
  for (const std::string& token :
       {Sign(*rsa_, "RS256", "r", Claims().dump()), Es256(Claims())}) {
    const auto principal = CheckNow(token);
    ASSERT_THAT(principal, IsOk());
    EXPECT_EQ((*principal)->text(), "jwt:https://id.example/alice");
    EXPECT_EQ((*principal)->kind(), Principal::Kind::kJwt);
  }
}

// RFC 8725, 2.1 and 3.1.
TEST_F(JwtTest, NoneIsNoAlgorithm) {
  for (const char* name : {"none", "None", "NONE", ""}) {
    const Json head = {{"alg", name}, {"kid", "r"}};
    const std::string token = absl::WebSafeBase64Escape(head.dump()) + "." +
                              absl::WebSafeBase64Escape(Claims().dump()) + ".";
    EXPECT_THAT(
        CheckNow(token),
        StatusIs(kRefused, "the token has another algorithm than its key"));
  }
}

TEST_F(JwtTest, APublicKeyIsNoSecret) {
  cjose_err error;
  const std::string published = PublicOf(*rsa_).dump();
  const TestKey secret(cjose_jwk_create_oct_spec(
      reinterpret_cast<const uint8_t*>(published.data()), published.size(),
      &error));
  const std::string token = Sign(secret, "HS256", "r", Claims().dump());
  EXPECT_THAT(
      CheckNow(token),
      StatusIs(kRefused, "the token has another algorithm than its key"));
}

TEST_F(JwtTest, AKeyHasOneAlgorithm) {
  for (const char* other : {"RS384", "RS512", "PS256"}) {
    EXPECT_THAT(
        CheckNow(Sign(*rsa_, other, "r", Claims().dump())),
        StatusIs(kRefused, "the token has another algorithm than its key"))
        << other;
  }
  EXPECT_THAT(CheckNow(Sign(*rsa_, "RS256", "e", Claims().dump())),
              StatusIs(kRefused));
}

TEST_F(JwtTest, KeysOfOthersAreNone) {
  const TestKey other = EcKey("e", CJOSE_JWK_EC_P_256);
  EXPECT_THAT(CheckNow(Sign(other, "ES256", "e", Claims().dump())),
              StatusIs(kRefused, "the token has a wrong signature"));
  EXPECT_THAT(
      CheckNow(Sign(*ec_, "ES256", "x", Claims().dump())),
      StatusIs(kRefused, "the token is signed by a key not known here"));
}

TEST_F(JwtTest, ClaimsAreForUsAndForNow) {
  struct Row {
    Json claims;
    std::string error;
  };
  const std::vector<Row> rows = {
      {With(Claims(), "aud", "other"), "is for somebody else"},
      {With(Claims(), "aud", {"a", "b"}), "is for somebody else"},
      {With(Claims(), "aud", 7), "is for somebody else"},
      {Without(Claims(), "aud"), "is for somebody else"},
      {With(Claims(), "iss", "https://id.example/"), "is of another issuer"},
      {Without(Claims(), "iss"), "is of another issuer"},
      {With(Claims(), "sub", ""), "has no subject"},
      {With(Claims(), "sub", 5), "has no subject"},
      {With(Claims(), "exp", kNow - 600), "has expired"},
      {Without(Claims(), "exp"), "has no time at which it expires"},
      {With(Claims(), "exp", "never"), "has no time at which it expires"},
      {With(Claims(), "exp", 1e300), "has no time at which it expires"},
      {With(Claims(), "nbf", kNow + 600), "is not valid yet"},
      {With(Claims(), "nbf", "now"), "is not valid yet"},
      {Json::array(), "has no claims"},
  };
  for (const Row& row : rows) {
    const auto checked = CheckNow(Es256(row.claims));
    EXPECT_THAT(checked, StatusIs(kRefused, "the token " + row.error))
        << row.claims;
    EXPECT_EQ(ReasonOf(checked.status()), ErrorReason::kUnauthenticated);
  }
  EXPECT_THAT(CheckNow(Es256(With(Claims(), "aud", {"other", "gateway"}))),
              IsOk());
  EXPECT_THAT(CheckNow(Es256(Without(Claims(), "nbf"))), IsOk());
}

TEST_F(JwtTest, ClocksMayDifferByAMinute) {
  const std::string token = Es256(Claims());
  EXPECT_THAT(CheckAt(token, kNow + 600 + 59), IsOk());
  EXPECT_THAT(CheckAt(token, kNow + 600 + 60), StatusIs(kRefused));
  EXPECT_THAT(CheckAt(token, kNow - 600 - 60), IsOk());
  EXPECT_THAT(CheckAt(token, kNow - 600 - 61), StatusIs(kRefused));
}

TEST_F(JwtTest, WhatIsNoTokenIsRefused) {
  const std::string good = Es256(Claims());
  std::vector<std::string> wrong = {
      "",
      ".",
      "..",
      "...",
      "a.b.c",
      good + ".",
      good + "A",
      good.substr(0, good.rfind('.')),
      good.substr(0, good.rfind('.') + 1),
      std::string(JwtKeys::kLongestToken + 1, 'a'),
      absl::WebSafeBase64Escape(R"({"alg":"ES256","kid":"e","crit":["x"]})") +
          good.substr(good.find('.'))};
  for (size_t i = 0; i < good.size(); i += 5) {
    wrong.push_back(good);
    wrong.back()[i] = good[i] == 'A' ? 'B' : 'A';
  }
  for (const std::string& token : wrong) {
    EXPECT_THAT(CheckNow(token), StatusIs(kRefused)) << token;
  }
  EXPECT_THAT(CheckNow(good), IsOk());
}

TEST_F(JwtTest, OnlyKeysForSignaturesOfKnownKindsAreTaken) {
  Json other = PublicOf(*rsa_);
  other["kid"] = "enc";
  other["use"] = "enc";
  const Json okp = {{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", "AA"}};
  const Json set = {{"keys", {other, okp, PublicOf(*ec_)}}};
  const auto keys = JwtKeys::Parse(set.dump(), "f", {});
  ASSERT_THAT(keys, IsOk());
  EXPECT_EQ((*keys)->size(), 1u);
}

TEST_F(JwtTest, AFileOfKeysIsCheckedWhole) {
  Json without_kid = PublicOf(*ec_);
  without_kid.erase("kid");
  Json broken = PublicOf(*ec_);
  broken["x"] = "AAAA";
  const auto set = [](const std::vector<Json>& keys) {
    return Json{{"keys", keys}}.dump();
  };
  struct Row {
    std::string text;
    std::string error;
  };
  const std::vector<Row> rows = {
      {"", "f: is no set of JSON web keys: {\"keys\": [...]}"},
      {"[]", "f: is no set of JSON web keys: {\"keys\": [...]}"},
      {"{\"keys\":[]}", "f: has no key for signatures"},
      {"{\"keys\":[7]}", "f: key 1: is no object"},
      {set({PublicOf(*ec_, true)}),
       "f: key 1: has a secret in it: only public keys belong there"},
      {set({{{"kty", "oct"}, {"kid", "s"}, {"k", "AAAA"}}}),
       "f: key 1: has a secret in it: only public keys belong there"},
      {set({PublicOf(*ec_), PublicOf(*ec_)}),
       "f: key 2: has the kid of another"},
      {set({without_kid}), "f: key 1: has no kid"},
      {set({broken}), "f: key 1: can't be read"},
      {set({PublicOf(RsaKey("small", 1'024))}),
       "f: key 1: has fewer than 2048 bits"},
  };
  for (const Row& row : rows) {
    EXPECT_THAT(JwtKeys::Parse(row.text, "f", {}),
                StatusIs(absl::StatusCode::kFailedPrecondition, row.error));
  }
}

}  // namespace
}  // namespace thespian::gateway
