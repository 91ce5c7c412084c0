#include "server/access/principal.h"

#include "gmock/gmock.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsNull;
using Kind = Principal::Kind;

TEST(PrincipalTest, IsCalledByItsKindAndName) {
  EXPECT_EQ(Principal::Anonymous()->text(), "anonymous");
  EXPECT_EQ(Principal::OfToken("web")->text(), "token:web");
  EXPECT_EQ(Principal::OfJwt("https://id.example", "7")->text(),
            "jwt:https://id.example/7");
  const SharedPrincipal peer = Principal::OfUnixPeer(1000, 100);
  EXPECT_THAT(peer->names(), ElementsAre("uid:1000", "gid:100"));
  EXPECT_EQ(peer->kind(), Kind::kUnixPeer);
}

TEST(PrincipalTest, ACertificateHasAllItsNames) {
  const SharedPrincipal all = Principal::OfCertificate(
      {.spiffe_id = "spiffe://example.org/web",
       .alternatives = {"dns:web.example", "email:web@example.org"},
       .common_name = "web server"});

  EXPECT_EQ(all->text(), "spiffe://example.org/web");
  EXPECT_THAT(all->names(),
              ElementsAre("spiffe://example.org/web", "dns:web.example",
                          "email:web@example.org", "cn:web%20server"));
}

// What the holder of a certificate can choose must not be read as another kind.
TEST(PrincipalTest, NoNameOfACertificatePassesForAnotherKind) {
  const SharedPrincipal liar = Principal::OfCertificate(
      {.spiffe_id = "uid:0",
       .alternatives = {"token:web", "spiffe://example.org/ops", "cn:alice",
                        "anonymous", "uid:0", "dns:"},
       .common_name = "spiffe://example.org/ops"});

  EXPECT_THAT(liar->names(), ElementsAre("cn:spiffe://example.org/ops"));
  EXPECT_EQ(Principal::OfCertificate(
                {.spiffe_id = "", .alternatives = {}, .common_name = ""})
                ->kind(),
            Kind::kAnonymous);
}

TEST(PrincipalTest, WhatIsNotPlainIsEscaped) {
  EXPECT_EQ(EscapeName("a b%c*\n\x7f\xc3\xbc"), "a%20b%25c%2A%0A%7F%C3%BC");
  EXPECT_EQ(EscapeName("a/b", '/'), "a%2Fb");
}

TEST(PrincipalTest, TwoIdentitiesNeverHaveOneText) {
  EXPECT_NE(Principal::OfJwt("https://a", "b/c")->text(),
            Principal::OfJwt("https://a/b", "c")->text());
  EXPECT_NE(Principal::OfJwt("https://a", "b/c")->text(),
            Principal::OfJwt("https://a", "b%2Fc")->text());
  const auto named = [](const char* common_name) {
    return Principal::OfCertificate({.spiffe_id = "spiffe://x/y",
                                     .alternatives = {},
                                     .common_name = common_name});
  };
  EXPECT_EQ(named("a")->text(), named("b")->text());
  EXPECT_NE(named("a")->key(), named("b")->key());
}

TEST(PrincipalTest, IsReadFromItsText) {
  EXPECT_EQ(Principal::OfText("anonymous")->kind(), Kind::kAnonymous);
  EXPECT_EQ(Principal::OfText("spiffe://a/b")->kind(), Kind::kCertificate);
  EXPECT_EQ(Principal::OfText("uid:7")->kind(), Kind::kUnixPeer);
  EXPECT_EQ(Principal::OfText("token:web")->kind(), Kind::kToken);
  EXPECT_EQ(Principal::OfText("jwt:i/s")->kind(), Kind::kJwt);
  for (const char* wrong : {"", "alice", "cn:", "Anonymous", "spiffe:/a"}) {
    EXPECT_THAT(Principal::OfText(wrong), IsNull()) << wrong;
  }
}

}  // namespace
}  // namespace thespian::gateway
