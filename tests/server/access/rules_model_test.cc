// Rules beside a simple model of them: random files of rules, random requests.

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "server/access/rules.h"
#include "server/access/rules_file.h"
#include "tests/support/status_matchers.h"

namespace thespian::gateway {
namespace {

using Texts = std::vector<std::string>;
using Scope = AccessRequest::Scope;

// A rule as its file has it. An empty list: the key is left out.
struct ModelRule {
  std::string title;
  Texts principals, methods, listeners, endpoints, send_to, registers;
  int ids = -1;  // left out
  bool payloads = false, control = false, allows = false;
};

bool OneMatches(const Texts& patterns, const std::string& text) {
  return std::any_of(
      patterns.begin(), patterns.end(), [&](const std::string& pattern) {
        const size_t star = pattern.find('*');
        return star == std::string::npos
                   ? pattern == text
                   : text.compare(0, star, pattern, 0, star) == 0;
      });
}

// What is asked, as facts of which each has a key.
struct Fact {
  enum class Key {
    kEndpoint,
    kAllEndpoints,
    kName,
    kId,
    kRegister,
    kPayloads,
    kControl
  } key;
  std::string text;
};

std::vector<Fact> FactsOf(const AccessRequest& request) {
  std::vector<Fact> facts;
  if (request.scope == Scope::kOne) {
    const std::string endpoint(request.endpoint);
    facts.push_back(
        {Fact::Key::kEndpoint, endpoint.substr(0, endpoint.find('/'))});
  }
  if (request.scope == Scope::kAll) {
    facts.push_back({Fact::Key::kAllEndpoints, ""});
  }
  if (request.to_name.has_value()) {
    facts.push_back({Fact::Key::kName, std::string(*request.to_name)});
  }
  if (request.to_id) facts.push_back({Fact::Key::kId, ""});
  if (!request.registers.empty()) {
    facts.push_back({Fact::Key::kRegister, std::string(request.registers)});
  }
  if (request.payloads) facts.push_back({Fact::Key::kPayloads, ""});
  if (request.control) facts.push_back({Fact::Key::kControl, ""});
  return facts;
}

bool Allows(const ModelRule& rule, const Fact& fact) {
  switch (fact.key) {
    case Fact::Key::kEndpoint:
      return rule.endpoints.empty() || OneMatches(rule.endpoints, fact.text);
    case Fact::Key::kAllEndpoints:
      return rule.endpoints.empty() ||
             std::count(rule.endpoints.begin(), rule.endpoints.end(), "*") > 0;
    case Fact::Key::kName:
      return rule.send_to.empty() || OneMatches(rule.send_to, fact.text);
    case Fact::Key::kId:
      return rule.ids == -1 ? rule.send_to.empty() : rule.ids == 1;
    case Fact::Key::kRegister:
      return rule.registers.empty() || OneMatches(rule.registers, fact.text);
    case Fact::Key::kPayloads:
      return rule.payloads;
    case Fact::Key::kControl:
      return rule.control;
  }
  return false;
}

// Everything that a rule which denies says must be in the request.
bool Denies(const ModelRule& rule, const std::vector<Fact>& facts) {
  const auto some = [&facts](auto holds) {
    return std::any_of(facts.begin(), facts.end(), holds);
  };
  const bool endpoint = some([&](const Fact& fact) {
    return fact.key == Fact::Key::kAllEndpoints ||
           (fact.key == Fact::Key::kEndpoint &&
            OneMatches(rule.endpoints, fact.text));
  });
  const bool target = some([&](const Fact& fact) {
    return (fact.key == Fact::Key::kName &&
            OneMatches(rule.send_to, fact.text)) ||
           (fact.key == Fact::Key::kId && rule.ids == 1);
  });
  const bool registers = some([&](const Fact& fact) {
    return fact.key == Fact::Key::kRegister &&
           OneMatches(rule.registers, fact.text);
  });
  const auto has = [&some](Fact::Key key) {
    return some([key](const Fact& fact) { return fact.key == key; });
  };
  return (rule.endpoints.empty() || endpoint) &&
         ((rule.send_to.empty() && rule.ids == -1) || target) &&
         (rule.registers.empty() || registers) &&
         (!rule.payloads || has(Fact::Key::kPayloads)) &&
         (!rule.control || has(Fact::Key::kControl));
}

// "+title" or "-title".
std::string ModelDecision(const std::vector<ModelRule>& rules,
                          const Principal& principal,
                          const AccessRequest& request) {
  const std::vector<Fact> facts = FactsOf(request);
  for (const ModelRule& rule : rules) {
    const auto concerns = [&rule](const std::string& name) {
      return OneMatches(rule.principals, name);
    };
    if (std::none_of(principal.names().begin(), principal.names().end(),
                     concerns) ||
        !OneMatches(rule.methods, std::string(MethodName(request.method))) ||
        (!rule.listeners.empty() &&
         !OneMatches(rule.listeners, std::string(request.listener)))) {
      continue;
    }
    if (rule.allows) {
      const bool all =
          std::all_of(facts.begin(), facts.end(),
                      [&rule](const Fact& fact) { return Allows(rule, fact); });
      if (all) return "+" + rule.title;
    } else if (Denies(rule, facts)) {
      return "-" + rule.title;
    }
  }
  return "-";
}

class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}

  size_t Below(size_t end) {
    return std::uniform_int_distribution<size_t>(0, end - 1)(random_);
  }
  bool OneIn(size_t n) { return Below(n) == 0; }
  const std::string& Pick(const Texts& texts) {
    return texts[Below(texts.size())];
  }
  // Some of `texts`, at least one; often none at all if `may_be_empty`.
  Texts Some(Texts texts, bool may_be_empty) {
    if (may_be_empty && OneIn(2)) return {};
    std::shuffle(texts.begin(), texts.end(), random_);
    texts.resize(1 + Below(std::min<size_t>(3, texts.size())));
    return texts;
  }

 private:
  std::mt19937 random_;
};

const Texts kPrincipalPatterns = {
    "*",     "anonymous", "token:a",      "token:b",      "token:*", "cn:a",
    "uid:1", "gid:2",     "spiffe://x/*", "spiffe://x/a", "jwt:i/*"};
const Texts kMethodPatterns = {"*",       "Call",         "Send*",
                               "Attach",  "List*",        "Get*",
                               "Admin/*", "Admin/Reload", "WatchProxies"};
const Texts kNamePatterns = {"*", "a", "b", "a*", "ab", "b.*"};
const Texts kNames = {"a", "b", "ab", "b.c", "c"};
const Texts kEndpoints = {"a", "a/0", "ab/1", "b", "b.x", "c"};

ModelRule RandomRule(Dice& dice, size_t number) {
  ModelRule rule;
  rule.title = "rule " + std::to_string(number);
  rule.principals = dice.Some(kPrincipalPatterns, false);
  rule.methods = dice.Some(kMethodPatterns, false);
  if (dice.OneIn(4)) rule.listeners = dice.Some(kNamePatterns, false);
  rule.endpoints = dice.Some(kNamePatterns, true);
  rule.send_to = dice.Some(kNamePatterns, true);
  rule.registers = dice.Some(kNamePatterns, true);
  rule.ids = static_cast<int>(dice.Below(3)) - 1;
  rule.payloads = dice.OneIn(3);
  rule.control = dice.OneIn(3);
  rule.allows = dice.OneIn(2);
  return rule;
}

std::string Line(const std::string& key, const Texts& texts) {
  if (texts.empty()) return "";
  return key + " = [\"" + absl::StrJoin(texts, "\", \"") + "\"]\n";
}

std::string ToToml(const ModelRule& rule) {
  std::string text = "[[rule]]\ntitle = \"" + rule.title + "\"\n";
  text += Line("principals", rule.principals) + Line("methods", rule.methods) +
          Line("listeners", rule.listeners) +
          Line("endpoints", rule.endpoints) + Line("send-to", rule.send_to) +
          Line("register", rule.registers);
  if (rule.ids >= 0) {
    text += std::string("send-to-ids = ") + (rule.ids ? "true\n" : "false\n");
  }
  if (rule.payloads) text += "payloads = true\n";
  if (rule.control) text += "control-words = true\n";
  return text + "outcome = \"" + (rule.allows ? "allow" : "deny") + "\"\n";
}

std::vector<SharedPrincipal> Principals() {
  return {Principal::Anonymous(),
          Principal::OfToken("a"),
          Principal::OfToken("c"),
          Principal::OfUnixPeer(1, 1),
          Principal::OfUnixPeer(3, 2),
          Principal::OfJwt("i", "s"),
          Principal::OfCertificate({.spiffe_id = "spiffe://x/a",
                                    .alternatives = {"dns:a"},
                                    .common_name = "b"}),
          Principal::OfCertificate(
              {.spiffe_id = "", .alternatives = {}, .common_name = "a"})};
}

AccessRequest RandomRequest(Dice& dice) {
  AccessRequest request;
  request.method = *FindMethod(MethodNames()[dice.Below(MethodNames().size())]);
  if (!dice.OneIn(3)) request.listener = dice.Pick(kNames);
  request.scope = static_cast<Scope>(dice.Below(3));
  if (request.scope == Scope::kOne) request.endpoint = dice.Pick(kEndpoints);
  if (dice.OneIn(2)) {
    request.to_name = dice.Pick(kNames);
  } else {
    request.to_id = dice.OneIn(2);
  }
  if (dice.OneIn(3)) request.registers = dice.Pick(kNames);
  request.payloads = dice.OneIn(4);
  request.control = dice.OneIn(4);
  return request;
}

class RulesModelTest : public ::testing::TestWithParam<unsigned> {};

TEST_P(RulesModelTest, DecidesAsTheModelDoes) {
  Dice dice(GetParam());
  const std::vector<SharedPrincipal> principals = Principals();
  size_t allowed = 0;
  size_t denied = 0;
  for (int round = 0; round < 300; ++round) {
    std::vector<ModelRule> model;
    std::string text;
    for (size_t i = dice.Below(12) + 1; i > 0; --i) {
      model.push_back(RandomRule(dice, i));
      text += ToToml(model.back());
    }
    const auto rules = ParseRules(text, "f");
    ASSERT_THAT(rules, IsOk());
    for (int i = 0; i < 200; ++i) {
      const Principal& principal = *principals[dice.Below(principals.size())];
      const AccessRequest request = RandomRequest(dice);
      const Decision decision = rules->rules->Decide(principal, request);
      const std::string got =
          (decision.allowed ? "+" : "-") + std::string(decision.rule);
      ASSERT_EQ(got, ModelDecision(model, principal, request))
          << text << rules->rules->Explain(principal, request);
      allowed += decision.allowed ? 1 : 0;
      denied += !decision.allowed && !decision.rule.empty() ? 1 : 0;
    }
  }
  EXPECT_GT(allowed, 1'000u);
  EXPECT_GT(denied, 1'000u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RulesModelTest,
                         ::testing::Values(1u, 2u, 3u, 4u, 5u));

}  // namespace
}  // namespace thespian::gateway
