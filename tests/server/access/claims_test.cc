#include "server/access/claims.h"

#include <string>

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

std::string Base64(const std::string& text) {
  return absl::WebSafeBase64Escape(text);
}

TEST(ClaimsTest, IssuerAndSubjectSayWhoItIs) {
  const auto known = PrincipalOfClaims(Base64(
      R"({"sub": "a/b", "iss": "https://id.example", "exp": 1, "x": [{}]})"));
  ASSERT_THAT(known, IsOk());
  EXPECT_EQ((*known)->text(), "jwt:https://id.example/a%2Fb");
  EXPECT_EQ((*known)->kind(), Principal::Kind::kJwt);
}

TEST(ClaimsTest, BothWaysToFillBase64AreTaken) {
  // Envoy fills up with '=' unless it is told not to.
  const std::string text = Base64(R"({"iss": "i", "sub": "ss"})");
  EXPECT_THAT(PrincipalOfClaims(text), IsOk());
  EXPECT_THAT(
      PrincipalOfClaims(text + std::string((4 - text.size() % 4) % 4, '=')),
      IsOk());
}

TEST(ClaimsTest, OthersAreRefusedWithoutTellingWhatIsInThem) {
  const std::string deep(30'000, '[');
  for (const std::string& wrong :
       {std::string(), std::string("secret!"), Base64(""), Base64("secret"),
        Base64("[\"secret\"]"), Base64(R"({"iss": "secret"})"),
        Base64(R"({"sub": "secret"})"),
        Base64(R"({"iss": 1, "sub": "secret"})"),
        Base64(R"({"iss": "secret", "sub": ""})"),
        Base64(R"({"iss": "i", "sub": "secret)"), Base64(deep)}) {
    const auto known = PrincipalOfClaims(wrong);
    ASSERT_EQ(known.status().code(), absl::StatusCode::kUnauthenticated)
        << wrong;
    EXPECT_THAT(known.status().message(),
                ::testing::Not(::testing::HasSubstr("secret")));
  }
}

}  // namespace
}  // namespace thespian::gateway
