#include "server/access/rules_file.h"

#include <fstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace thespian::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

constexpr absl::StatusCode kWrong = absl::StatusCode::kFailedPrecondition;

// A rule that is right but for `line`, which is its sixth.
std::string RuleWith(const std::string& line) {
  return "[[rule]]\n"
         "title = \"one\"\n"
         "principals = [\"*\"]\n"
         "methods = [\"Call\"]\n"
         "outcome = \"allow\"\n" +
         line + "\n";
}

struct Wrong {
  std::string text;
  std::string error;
};

std::vector<Wrong> WrongFiles() {
  return {
      {"", "f: there is no [[rule]]: nobody could do anything"},
      {"rule = 3", "f:1:8: rule can't be an integer: it is tables, [[rule]]"},
      {"rules = []", "f:1:1: a file of rules has no rules, did you mean rule?"},
      {"[[rule]]\ntitle = \"x\"\n[[rule]\n", "f:3:"},
      {"[[rule]]\nprincipals = [\"*\"]\n", "f:1:1: a rule needs title"},
      {"[[rule]]\ntitle = \"x\"\n", "f:1:1: a rule needs principals"},
      {RuleWith("") + RuleWith(""),
       "f:8:9: the rule at f:2:9 is called 'one', too"},
      {RuleWith("method = [\"Send\"]"),
       "f:6:1: a rule has no method, did you mean methods?"},
      {RuleWith("outcome = \"allow\""), "f:6:"},
      {RuleWith("payloads = \"yes\""),
       "f:6:12: payloads can't be text: it is true or false"},
      {RuleWith("send-to = \"echo\""),
       "f:6:11: send-to can't be text: it is an array of texts, [\"...\"]"},
      {RuleWith("send-to = []"),
       "f:6:11: send-to is empty: nothing would match"},
      {RuleWith("send-to = [\"a\", \"b\", \"a\"]"),
       "f:6:22: send-to has 'a' twice"},
      {RuleWith("send-to = [\"a*b\"]"),
       "f:6:12: 'a*b' has a '*' that is not its last character"},
      {RuleWith("register = [\"\"]"), "f:6:13: '' is empty"},
      {RuleWith("endpoints = [\"logs/0\"]"),
       "f:6:14: 'logs/0' is a member of a pool; endpoints has the names of "
       "pools"},
  };
}

TEST(RulesFileTest, WhatIsWrongIsToldWithItsPlace) {
  for (const Wrong& wrong : WrongFiles()) {
    EXPECT_THAT(ParseRules(wrong.text, "f"),
                StatusIs(kWrong, StartsWith(wrong.error)))
        << wrong.text;
  }
}

TEST(RulesFileTest, PrincipalsAndMethodsAreKnown) {
  const auto with = [](const std::string& principal, const std::string& method,
                       const std::string& outcome) {
    return "[groups]\nadmins = [\"cn:a\"]\n[[rule]]\ntitle = \"x\"\n"
           "principals = [\"" +
           principal + "\"]\nmethods = [\"" + method + "\"]\noutcome = \"" +
           outcome + "\"\n";
  };
  EXPECT_THAT(ParseRules(with("group:admins", "Admin/*", "deny"), "f"), IsOk());
  const std::vector<Wrong> wrongs = {
      {with("group:admin", "*", "deny"),
       "f:5:15: there is no group 'admin', did you mean admins?"},
      {with("alice", "*", "deny"), "f:5:15: 'alice' is no principal"},
      {with("tokn:web", "*", "deny"),
       "f:5:15: 'tokn:web' is no principal, did you mean token:?"},
      {with("anonymus", "*", "deny"),
       "f:5:15: 'anonymus' is no principal, did you mean anonymous?"},
      {with("uid:root", "*", "deny"), "f:5:15: 'uid:root' has no number"},
      {with("cn:A B", "*", "deny"), "f:5:15: 'cn:A B' is written 'cn:A%20B'"},
      {with("*", "Cal", "deny"),
       "f:6:12: there is no method 'Cal', did you mean Call?"},
      {with("*", "*", "alow"),
       "f:7:11: outcome must be allow or deny, but is 'alow', did you mean "
       "allow?"},
  };
  for (const Wrong& wrong : wrongs) {
    EXPECT_THAT(ParseRules(wrong.text, "f"), StatusIs(kWrong, wrong.error))
        << wrong.text;
  }
}

TEST(RulesFileTest, GroupsHavePrincipals) {
  const auto with = [](const std::string& groups) {
    return "[groups]\n" + groups + "\n" + RuleWith("");
  };
  EXPECT_THAT(ParseRules(with("a = [\"cn:x\"]\nb = [\"group:a\"]"), "f"),
              StatusIs(kWrong, "f:3:6: a group can't have groups in it"));
  EXPECT_THAT(ParseRules(with("a = [\"x\"]"), "f"),
              StatusIs(kWrong, "f:2:6: 'x' is no principal"));
  EXPECT_THAT(ParseRules(with("a = []"), "f"),
              StatusIs(kWrong, "f:2:5: a is empty: nothing would match"));
}

TEST(RulesFileTest, ARuleThatDeniesCantLeaveOutPayloads) {
  EXPECT_THAT(
      ParseRules("[[rule]]\ntitle = \"x\"\nprincipals = [\"*\"]\n"
                 "methods = [\"*\"]\noutcome = \"deny\"\npayloads = false\n",
                 "f"),
      StatusIs(kWrong,
               "f:1:1: payloads = false says nothing in a rule that denies"));
}

TEST(RulesFileTest, TitlesAreOneShortLine) {
  const auto with = [](const std::string& title) {
    return "[[rule]]\ntitle = \"" + title +
           "\"\nprincipals = [\"*\"]\nmethods = [\"*\"]\noutcome = \"deny\"\n";
  };
  EXPECT_THAT(ParseRules(with(std::string(128, 'x')), "f"), IsOk());
  for (const std::string& title :
       {std::string(), std::string("a\\nb"), std::string(129, 'x')}) {
    EXPECT_THAT(
        ParseRules(with(title), "f"),
        StatusIs(kWrong, "f:2:9: title must have 1 to 128 bytes in one line"));
  }
}

TEST(RulesFileTest, LimitsHavePrincipalsAndNumbers) {
  const auto read = ParseRules(
      RuleWith("") +
          "[[limit]]\nprincipals = [\"token:a\"]\nrequests-per-second = 7\n"
          "watchers = 1_000\n[[limit]]\nprincipals = [\"*\"]\n",
      "f");
  ASSERT_THAT(read, IsOk());
  ASSERT_EQ(read->limits.size(), 2u);
  EXPECT_THAT(read->limits[0].rates, ElementsAre(7u, 0u));
  EXPECT_THAT(read->limits[0].caps, ElementsAre(0u, 0u, 1'000u));
  EXPECT_TRUE(read->limits[0].principals.Matches("token:a"));
  EXPECT_FALSE(read->limits[0].principals.Matches("token:b"));
  EXPECT_TRUE(read->limits[1].principals.MatchesAll());

  const auto with = [](const std::string& line) {
    return RuleWith("") + "[[limit]]\nprincipals = [\"*\"]\n" + line;
  };
  EXPECT_THAT(
      ParseRules(with("calls = 0\n"), "f"),
      StatusIs(kWrong, "f:9:9: calls must be 1 to 1099511627776, but is 0"));
  EXPECT_THAT(
      ParseRules(with("watcher = 1\n"), "f"),
      StatusIs(kWrong,
               "f:9:1: a limit has no watcher, did you mean watchers?"));
}

TEST(RulesFileTest, IsReadFromAFile) {
  const TempDir directory;
  const std::string path = directory.File("rules.toml");
  EXPECT_THAT(ReadRules(path),
              StatusIs(kWrong, path + ": can't be read: No such file or "
                                      "directory"));
  std::ofstream(path) << RuleWith("");
  const auto rules = ReadRules(path);
  ASSERT_THAT(rules, IsOk());
  EXPECT_EQ(rules->rules->size(), 1u);
}

}  // namespace
}  // namespace thespian::gateway
