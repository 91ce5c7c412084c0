#include "server/access/rules.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "server/access/rules_file.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Scope = AccessRequest::Scope;

constexpr char kRules[] = R"(
[groups]
operators = ["cn:alice", "spiffe://example.org/ops/*"]

[[rule]]
title = "nobody ends actors"
principals = ["*"]
methods = ["*"]
control-words = true
outcome = "deny"

[[rule]]
title = "database names are reserved"
principals = ["token:guest"]
methods = ["Attach", "Listen"]
register = ["db.*"]
outcome = "deny"

[[rule]]
title = "operators"
principals = ["group:operators"]
methods = ["*"]
payloads = true
outcome = "allow"

[[rule]]
title = "web"
principals = ["token:web", "gid:33"]
methods = ["Call", "Send*"]
endpoints = ["shop", "log*"]
send-to = ["echo", "db.*"]
outcome = "allow"

[[rule]]
title = "guests attach"
principals = ["token:guest"]
methods = ["Attach"]
outcome = "allow"

[[rule]]
title = "lists but those of secret"
principals = ["token:*"]
methods = ["ListEndpoints", "GetEndpoint"]
endpoints = ["secret"]
outcome = "deny"

[[rule]]
title = "lists"
principals = ["*"]
methods = ["List*", "GetEndpoint"]
outcome = "allow"
)";

class RulesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto rules = ParseRules(kRules, "r.toml");
    ASSERT_THAT(rules, IsOk());
    rules_ = rules->rules;
  }

  // "+title" or "-title"; "-" alone: no rule matches.
  std::string Decide(const SharedPrincipal& who, const AccessRequest& request) {
    const Decision decision = rules_->Decide(*who, request);
    return (decision.allowed ? "+" : "-") + std::string(decision.rule);
  }
  std::string Decide(const std::string& who, const AccessRequest& request) {
    return Decide(Principal::OfText(who), request);
  }

  static AccessRequest CallTo(std::string_view endpoint,
                              std::string_view name) {
    return {.method = Method::kCall,
            .scope = Scope::kOne,
            .endpoint = endpoint,
            .to_name = name};
  }

  std::shared_ptr<const Rules> rules_;
};

TEST_F(RulesTest, TheFirstThatMatchesDecides) {
  AccessRequest call = CallTo("any", "echo");
  EXPECT_EQ(Decide("cn:alice", call), "+operators");
  EXPECT_EQ(Decide("spiffe://example.org/ops/7", call), "+operators");
  EXPECT_EQ(Decide("spiffe://example.org/op", call), "-");
  call.control = true;
  EXPECT_EQ(Decide("cn:alice", call), "-nobody ends actors");
}

TEST_F(RulesTest, WhatNoRuleMatchesIsRefused) {
  EXPECT_EQ(Decide("anonymous", CallTo("shop", "echo")), "-");
  EXPECT_EQ(Decide("anonymous", {.method = Method::kReload}), "-");
  EXPECT_EQ(Decide("anonymous", {.method = Method::kListLocalActors}),
            "+lists");
}

TEST_F(RulesTest, EndpointsAreThoseOfPoolsAndTheirMembers) {
  EXPECT_EQ(Decide("token:web", CallTo("shop", "echo")), "+web");
  EXPECT_EQ(Decide("token:web", CallTo("shop/3", "echo")), "+web");
  EXPECT_EQ(Decide("token:web", CallTo("logs/0", "echo")), "+web");
  EXPECT_EQ(Decide("token:web", CallTo("shops", "echo")), "-");
  EXPECT_EQ(Decide("token:web", CallTo("", "echo")), "-");
}

TEST_F(RulesTest, NamesThatMayBeSentToLeaveOutTheOthersAndIds) {
  EXPECT_EQ(Decide("token:web", CallTo("shop", "db.users")), "+web");
  EXPECT_EQ(Decide("token:web", CallTo("shop", "db")), "-");
  EXPECT_EQ(Decide("token:web", {.method = Method::kSend,
                                 .scope = Scope::kOne,
                                 .endpoint = "shop",
                                 .to_id = true}),
            "-");
}

TEST_F(RulesTest, AnyNameOfAPrincipalWillDo) {
  EXPECT_EQ(Decide(Principal::OfUnixPeer(5, 33), CallTo("shop", "echo")),
            "+web");
  EXPECT_EQ(Decide(Principal::OfUnixPeer(33, 5), CallTo("shop", "echo")), "-");
}

TEST_F(RulesTest, NamesCanBeReserved) {
  EXPECT_EQ(Decide("token:guest",
                   {.method = Method::kAttach, .registers = "db.users"}),
            "-database names are reserved");
  EXPECT_EQ(
      Decide("token:guest", {.method = Method::kAttach, .registers = "web"}),
      "+guests attach");
  EXPECT_EQ(Decide("token:guest", {.method = Method::kAttach}),
            "+guests attach");
}

TEST_F(RulesTest, PayloadsAreForThoseWhoMaySeeThem) {
  AccessRequest get = {
      .method = Method::kGetEndpoint, .scope = Scope::kOne, .endpoint = "shop"};
  EXPECT_EQ(Decide("token:web", get), "+lists");
  get.payloads = true;
  EXPECT_EQ(Decide("token:web", get), "-");
  EXPECT_EQ(Decide("cn:alice", get), "+operators");
}

TEST_F(RulesTest, AllEndpointsAreSpokenOfByARuleThatDeniesOne) {
  const AccessRequest all = {.method = Method::kListEndpoints,
                             .scope = Scope::kAll};
  EXPECT_EQ(Decide("token:web", all), "-lists but those of secret");
  EXPECT_EQ(Decide("anonymous", all), "+lists");
}

// Two with one first name must not be taken for each other.
TEST_F(RulesTest, WhatIsRememberedIsOfAllNames) {
  const AccessRequest call = CallTo("any", "echo");
  const auto named = [](const char* name) {
    return Principal::OfCertificate({.spiffe_id = "spiffe://example.org/x",
                                     .alternatives = {},
                                     .common_name = name});
  };
  EXPECT_EQ(Decide(named("alice"), call), "+operators");
  EXPECT_EQ(Decide(named("bob"), call), "-");
  EXPECT_EQ(Decide(named("alice"), call), "+operators");
}

TEST_F(RulesTest, StaysRightWithMoreCallersThanItRemembers) {
  const AccessRequest call = CallTo("shop", "echo");
  for (size_t i = 0; i < 2 * Rules::kMostRemembered; ++i) {
    ASSERT_EQ(Decide("token:t" + std::to_string(i), call), "-");
    ASSERT_EQ(Decide("token:web", call), "+web");
  }
}

TEST_F(RulesTest, AnExplanationNamesEachRuleUpToTheOneThatDecides) {
  const std::string text =
      rules_->Explain(*Principal::OfText("token:web"), CallTo("shop", "echo"));

  EXPECT_EQ(text,
            "r.toml:5:1: 'nobody ends actors' does not match: control-words\n"
            "r.toml:12:1: 'database names are reserved' does not match: "
            "principals\n"
            "r.toml:19:1: 'operators' does not match: principals\n"
            "r.toml:26:1: 'web' allows it\n");
  EXPECT_THAT(
      rules_->Explain(*Principal::Anonymous(), {.method = Method::kReload}),
      HasSubstr("'lists' does not match: methods\nno rule matches: denied\n"));
}

TEST(WithoutRulesTest, OnlyWhatConcernsOthersTakesAnAdminsListener) {
  const AccessRequest call = {.method = Method::kCall, .control = true};
  const AccessRequest release = {.method = Method::kReleaseProxy};
  const AccessRequest payloads = {.method = Method::kWatchProxies,
                                  .payloads = true};
  for (const bool admin : {false, true}) {
    EXPECT_TRUE(DecideWithoutRules(call, admin).allowed);
    EXPECT_EQ(DecideWithoutRules(release, admin).allowed, admin);
    EXPECT_EQ(DecideWithoutRules(payloads, admin).allowed, admin);
  }
}

TEST(PatternSetTest, HasAsManyTextsAsAreAdded) {
  PatternSet set;
  for (int i = 0; i < 30; ++i) set.Add("n" + std::to_string(i));
  set.Add("db.*");
  for (int i = 0; i < 30; ++i) {
    EXPECT_TRUE(set.Matches("n" + std::to_string(i)));
  }
  EXPECT_TRUE(set.Matches("db."));
  EXPECT_FALSE(set.Matches("db"));
  EXPECT_FALSE(set.Matches("n30"));
  EXPECT_FALSE(set.Matches(""));
  EXPECT_FALSE(set.MatchesAll());
  set.Add("*");
  EXPECT_TRUE(set.Matches(""));
}

TEST(MethodTest, PatternsMeanMethods) {
  EXPECT_EQ(MethodsLike("Send*"),
            BitOf(Method::kSend) | BitOf(Method::kSendNamed));
  EXPECT_EQ(MethodsLike("Call"), BitOf(Method::kCall));
  EXPECT_EQ(MethodsLike("call"), 0u);
  EXPECT_EQ(MethodsLike("Reload"), 0u);
  for (const std::string& name : MethodNames()) {
    ASSERT_TRUE(FindMethod(name).has_value()) << name;
    EXPECT_EQ(MethodName(*FindMethod(name)), name);
    EXPECT_EQ(MethodsLike("Admin/*") & BitOf(*FindMethod(name)),
              IsAdmin(*FindMethod(name)) ? BitOf(*FindMethod(name)) : 0u);
  }
}

}  // namespace
}  // namespace thespian::gateway
