// What is wrong with the files of a listener's TLS, and which one.
#include "server/tls/certificate_check.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_ca.h"

namespace thespian::gateway {
namespace {

using absl::StatusCode;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const TlsFiles kFiles = {
    .certificate = "c.pem", .key = "k.pem", .client_ca = "ca.pem"};

class CertificateCheckTest : public ::testing::Test {
 protected:
  PemTexts Texts(const IssuedPair& pair) const {
    return {.certificate = pair.certificate,
            .key = pair.key,
            .client_ca = ca_.certificate()};
  }
  static absl::Status Check(const PemTexts& texts) {
    return CheckCertificates(kFiles, texts, absl::Now()).status();
  }

  const TestCa ca_;
  const IssuedPair pair_ = ca_.Issue("gateway");
};

TEST_F(CertificateCheckTest, TakesAPairWithOrWithoutItsIssuers) {
  const absl::Time end = absl::Now() + absl::Hours(24 * 20);
  const IssuedPair pair = ca_.Issue({.name = "g.example", .not_after = end});
  PemTexts texts = Texts(pair);
  const auto alone = CheckCertificates(kFiles, texts, absl::Now());
  ASSERT_THAT(alone, IsOk());
  EXPECT_EQ(alone->subject, "CN=g.example");
  EXPECT_EQ(absl::ToUnixSeconds(alone->not_after), absl::ToUnixSeconds(end));
  texts.certificate += ca_.certificate();
  EXPECT_THAT(Check(texts), IsOk());
}

TEST_F(CertificateCheckTest, SaysUntilWhenAllOfTheChainIsValid) {
  PemTexts texts = Texts(ca_.Issue(
      {.name = "g", .not_after = absl::Now() + absl::Hours(24 * 900)}));
  texts.certificate += ca_.certificate();
  const auto facts = CheckCertificates(kFiles, texts, absl::Now());
  ASSERT_THAT(facts, IsOk());
  EXPECT_LT(facts->not_after, absl::Now() + absl::Hours(24 * 100));
}

TEST_F(CertificateCheckTest, SaysWhichFileIsWrong) {
  const std::string garbage =
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  const std::string key = pair_.key.substr(0, pair_.key.size() / 2);
  struct Row {
    PemTexts texts;
    std::string what;
  };
  const std::vector<Row> rows = {
      {{"", pair_.key, ca_.certificate()}, "c.pem: there is no certificate"},
      {{garbage, pair_.key, ca_.certificate()}, "c.pem: a certificate in it"},
      {{pair_.certificate + garbage, pair_.key, ca_.certificate()},
       "c.pem: a certificate in it"},
      {{pair_.certificate, "", ca_.certificate()}, "k.pem: there is no key"},
      {{pair_.certificate, key, ca_.certificate()}, "k.pem: there is no key"},
      {{pair_.certificate, pair_.key, ""}, "ca.pem: there is no certificate"},
      {{pair_.certificate, ca_.Issue("other").key, ca_.certificate()},
       "k.pem: the key is not that of the certificate in c.pem"},
  };
  for (const Row& row : rows) {
    EXPECT_THAT(Check(row.texts),
                StatusIs(StatusCode::kFailedPrecondition, StartsWith(row.what)))
        << row.what;
  }
}

TEST_F(CertificateCheckTest, NeverRepeatsAKey) {
  const std::string secret = pair_.key.substr(40, 30);
  PemTexts texts = Texts(pair_);
  texts.key.erase(60, 10);
  EXPECT_THAT(Check(texts), StatusIs(StatusCode::kFailedPrecondition,
                                     Not(HasSubstr(secret.substr(0, 8)))));
}

TEST_F(CertificateCheckTest, RefusesWhatIsNotValidNow) {
  const absl::Time now = absl::Now();
  EXPECT_THAT(
      Check(Texts(ca_.Issue({.name = "old",
                             .not_before = now - absl::Hours(9),
                             .not_after = now - absl::Hours(1)}))),
      StatusIs(StatusCode::kFailedPrecondition,
               AllOf(StartsWith("c.pem: "), HasSubstr("CN=old has expired"))));
  EXPECT_THAT(Check(Texts(ca_.Issue(
                  {.name = "young", .not_before = now + absl::Hours(1)}))),
              StatusIs(StatusCode::kFailedPrecondition,
                       HasSubstr("CN=young is not valid before")));
}

TEST_F(CertificateCheckTest, RefusesAChainThatIsNone) {
  const TestCa other("another authority");
  PemTexts texts = Texts(pair_);
  texts.certificate += other.certificate();
  EXPECT_THAT(Check(texts),
              StatusIs(StatusCode::kFailedPrecondition,
                       HasSubstr("CN=gateway is not issued by CN=another "
                                 "authority")));
  // Of the same name, but with another key.
  const TestCa twin;
  texts.certificate = pair_.certificate + twin.certificate();
  EXPECT_THAT(Check(texts), StatusIs(StatusCode::kFailedPrecondition,
                                     HasSubstr("is not issued by")));
}

}  // namespace
}  // namespace thespian::gateway
