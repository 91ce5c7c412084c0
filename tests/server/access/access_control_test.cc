#include "server/access/access_control.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/error.h"
#include "gmock/gmock.h"
#include "server/access/rules_file.h"
#include "tests/support/log_lines.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_clock.h"

namespace thespian::gateway {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr absl::StatusCode kUnknown = absl::StatusCode::kUnauthenticated;
constexpr absl::StatusCode kDenied = absl::StatusCode::kPermissionDenied;

class AccessControlTest : public ::testing::Test {
 protected:
  AccessControlTest() {
    const auto made = MakeToken("web", clock_.Now() + absl::Hours(1));
    EXPECT_THAT(made, IsOk());
    token_ = made->token;
    tokens_ = *Tokens::Parse(made->entry, "tokens");
  }

  AccessTerms WithTokens() const {
    return {.rules = nullptr, .limits = {}, .tokens = tokens_, .jwt = nullptr};
  }
  AccessTerms WithRule(const std::string& principal,
                       const std::string& outcome) const {
    AccessTerms terms = WithTokens();
    const auto file = ParseRules(
        "[[rule]]\ntitle = \"one\"\nprincipals = [\"" + principal +
            "\"]\nmethods = [\"Call\"]\noutcome = \"" + outcome + "\"\n",
        "rules");
    EXPECT_THAT(file, IsOk());
    terms.rules = file->rules;
    return terms;
  }

  absl::StatusOr<Caller> Identify(
      const std::vector<std::string_view>& authorization,
      bool serves_admin = true) {
    entrance_.serves_admin = serves_admin;
    return IdentifyContact({.authorization = authorization,
                            .claims = {},
                            .connection = nullptr,
                            .peer = "ipv4:192.0.2.1:7",
                            .method = Method::kCall});
  }
  absl::StatusOr<Caller> IdentifyContact(AccessControl::Contact contact) {
    return control_.Identify(std::move(contact), entrance_);
  }
  // The text of who that is, or what is wrong.
  std::string NameOf(AccessControl::Contact contact) {
    const auto caller = IdentifyContact(std::move(contact));
    return caller.ok() ? caller->principal().text()
                       : std::string(caller.status().message());
  }

  TestClock clock_;
  LogLines lines_;
  spdlog::logger log_ = lines_.MakeLog();
  Entrance entrance_;
  std::string token_;
  std::shared_ptr<const Tokens> tokens_;
  AccessControl control_{clock_, std::make_shared<Audit>(log_), {}};
};

TEST_F(AccessControlTest, WithoutCredentialsACallerIsAnonymous) {
  EXPECT_EQ(Identify({})->principal().text(), "anonymous");
  EXPECT_EQ(Identify({"Bearer x"})->principal().text(), "anonymous")
      << "none are taken";
  control_.Use(WithTokens());
  EXPECT_EQ(Identify({})->principal().text(), "anonymous");
  EXPECT_EQ(control_.failures(), 0u);
}

TEST_F(AccessControlTest,
       ClaimsComeBeforeCredentialsAndThoseBeforeConnections) {
  control_.Use(WithTokens());
  const std::string bearer = "Bearer " + token_;
  // {"iss":"i","sub":"s"}
  const char* const claims = "eyJpc3MiOiJpIiwic3ViIjoicyJ9";
  const SharedPrincipal user = Principal::OfUnixPeer(7, 7);
  EXPECT_EQ(NameOf({.authorization = {bearer},
                    .claims = {claims},
                    .connection = user,
                    .peer = {}}),
            "jwt:i/s");
  EXPECT_EQ(NameOf({.authorization = {bearer},
                    .claims = {},
                    .connection = user,
                    .peer = {}}),
            "token:web");
  EXPECT_EQ(
      NameOf(
          {.authorization = {}, .claims = {}, .connection = user, .peer = {}}),
      "uid:7");
  EXPECT_EQ(NameOf({.authorization = {"Bearer wrong"},
                    .claims = {},
                    .connection = user,
                    .peer = {}}),
            "the token is unknown")
      << "who shows a wrong one is not taken for another";
  EXPECT_EQ(NameOf({.authorization = {},
                    .claims = {claims, claims},
                    .connection = user,
                    .peer = {}}),
            "there are the claims of more than one caller");
  EXPECT_EQ(control_.failures(), 2u);
  control_.Use({});
  EXPECT_EQ(NameOf({.authorization = {"Bearer wrong"},
                    .claims = {},
                    .connection = user,
                    .peer = {}}),
            "uid:7")
      << "no credentials are taken";
}

TEST_F(AccessControlTest, ATokenSaysWhoACallerIs) {
  control_.Use(WithTokens());
  for (const char* scheme : {"Bearer ", "bearer ", "BEARER "}) {
    const std::string text = std::string(scheme) + token_;
    const auto caller = Identify({text});
    ASSERT_THAT(caller, IsOk());
    EXPECT_EQ(caller->principal().text(), "token:web");
  }
}

TEST_F(AccessControlTest, WrongCredentialsAreNotAnonymous) {
  control_.Use(WithTokens());
  const std::string good = "Bearer " + token_;
  EXPECT_THAT(Identify({"Bearer tgw_x"}),
              StatusIs(kUnknown, "the token is unknown"));
  EXPECT_THAT(Identify({"Bearer a.b.c"}),
              StatusIs(kUnknown, "the token is unknown"));
  EXPECT_THAT(Identify({"Basic eA=="}),
              StatusIs(kUnknown, "authorization must be: Bearer TOKEN"));
  EXPECT_THAT(Identify({""}), StatusIs(kUnknown));
  EXPECT_THAT(Identify({good, good}),
              StatusIs(kUnknown, "there is more than one 'authorization'"));
  clock_.Advance(std::chrono::hours(2));
  EXPECT_THAT(Identify({good}), StatusIs(kUnknown, "the token has expired"));
  EXPECT_EQ(ReasonOf(Identify({good}).status()), ErrorReason::kUnauthenticated);
}

TEST_F(AccessControlTest, ManyWrongCredentialsAreCountedAndHeldBack) {
  control_.Use(WithTokens());
  for (int i = 0; i < 100; ++i) {
    EXPECT_THAT(Identify({"Bearer tgw_x"}), StatusIs(kUnknown));
  }
  EXPECT_EQ(control_.failures(), 100u);
  EXPECT_THAT(lines_.Get(), SizeIs(10));
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_THAT(Identify({"Bearer tgw_x"}), StatusIs(kUnknown));
  ASSERT_THAT(lines_.Get(), SizeIs(11));
  EXPECT_THAT(lines_.Get().back(), HasSubstr("\"held_back\":90"));
  EXPECT_THAT(lines_.Get(), Each(AllOf(HasSubstr("\"unauthenticated\""),
                                       Not(HasSubstr("tgw_")))));
  const std::string good = "Bearer " + token_;
  EXPECT_THAT(Identify({good}), IsOk());
}

TEST_F(AccessControlTest, ARefusalNamesTheTitleAndNothingElse) {
  const AccessRequest call = {.method = Method::kCall, .to_name = "secret"};
  control_.Use(WithRule("anonymous", "deny"));
  const auto caller = Identify({});
  ASSERT_THAT(caller, IsOk());
  const absl::Status denied = caller->Ask(call);
  EXPECT_THAT(denied, StatusIs(kDenied, "the rule 'one' denies it"));
  EXPECT_EQ(ReasonOf(denied), ErrorReason::kForbidden);
  EXPECT_FALSE(caller->May(call));

  control_.Use(WithRule("token:web", "allow"));
  EXPECT_THAT(caller->Ask(call), StatusIs(kDenied, "no rule allows it"));

  control_.Use(WithRule("anonymous", "allow"));
  EXPECT_THAT(caller->Ask(call), IsOk());
  EXPECT_TRUE(caller->May(call));
  EXPECT_THAT(lines_.Get(),
              ElementsAre(AllOf(HasSubstr("\"outcome\":\"FORBIDDEN\""),
                                HasSubstr("\"rule\":\"one\"")),
                          Not(HasSubstr("\"rule\""))));
}

TEST_F(AccessControlTest, WithoutRulesTheListenerDecides) {
  const AccessRequest release = {.method = Method::kReleaseProxy};
  EXPECT_THAT(Identify({}, true)->Ask(release), IsOk());
  EXPECT_THAT(Identify({}, false)->Ask(release),
              StatusIs(kDenied, HasSubstr("only where AdminService is")));
  control_.Use(WithRule("*", "allow"));
  EXPECT_THAT(Identify({}, true)->Ask(release), StatusIs(kDenied));
}

TEST_F(AccessControlTest, RatesAreOfRequestsAndLinesSayWhich) {
  AccessTerms terms = WithTokens();
  Limit limit;
  limit.principals.Add("*");
  limit.rates = {2, 0};
  terms.limits.push_back(limit);
  control_.Use(std::move(terms));
  EXPECT_THAT(Identify({}), IsOk());
  EXPECT_THAT(Identify({}), IsOk());
  EXPECT_EQ(ReasonOf(Identify({}).status()), ErrorReason::kLimitReached);
  EXPECT_THAT(lines_.Get(),
              ElementsAre(AllOf(HasSubstr("\"event\":\"limited\""),
                                HasSubstr("requests-per-second"))));
}

}  // namespace
}  // namespace thespian::gateway
