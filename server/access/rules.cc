#include "server/access/rules.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "fmt/format.h"

namespace thespian::gateway {
namespace {

using Outcome = Rule::Outcome;
using Scope = AccessRequest::Scope;

bool Concerns(const Rule& rule, const Principal& principal) {
  return absl::c_any_of(principal.names(), [&rule](const std::string& name) {
    return rule.principals.Matches(name);
  });
}

std::string_view PoolOf(std::string_view endpoint) {
  return endpoint.substr(0, endpoint.find('/'));
}

// What keeps a rule from a request; empty: nothing does.
using Obstacle = std::string_view;

constexpr Obstacle kMethods = "methods";
constexpr Obstacle kListeners = "listeners";
constexpr Obstacle kEndpoints = "endpoints";
constexpr Obstacle kSendTo = "send-to";
constexpr Obstacle kSendToIds = "send-to-ids";
constexpr Obstacle kRegister = "register";
constexpr Obstacle kPayloads = "payloads";
constexpr Obstacle kControl = "control-words";

bool CoversEndpoint(const Rule& rule, const AccessRequest& request) {
  if (!rule.endpoints.has_value()) return true;
  switch (request.scope) {
    case Scope::kNone:
      return true;
    case Scope::kOne:
      return rule.endpoints->Matches(PoolOf(request.endpoint));
    case Scope::kAll:
      break;
  }
  return rule.endpoints->MatchesAll();
}

bool CoversIds(const Rule& rule) {
  return rule.send_to_ids.value_or(!rule.send_to.has_value());
}

// Of a rule that allows.
Obstacle WhatIsNotCovered(const Rule& rule, const AccessRequest& request) {
  if (!CoversEndpoint(rule, request)) return kEndpoints;
  if (request.to_name.has_value() && rule.send_to.has_value() &&
      !rule.send_to->Matches(*request.to_name)) {
    return kSendTo;
  }
  if (request.to_id && !CoversIds(rule)) return kSendToIds;
  if (!request.registers.empty() && rule.registers.has_value() &&
      !rule.registers->Matches(request.registers)) {
    return kRegister;
  }
  if (request.payloads && !rule.payloads) return kPayloads;
  if (request.control && !rule.control) return kControl;
  return {};
}

bool SpeaksOfEndpoint(const Rule& rule, const AccessRequest& request) {
  if (!rule.endpoints.has_value()) return true;
  switch (request.scope) {
    case Scope::kNone:
      return false;
    case Scope::kOne:
      return rule.endpoints->Matches(PoolOf(request.endpoint));
    case Scope::kAll:
      break;
  }
  return true;
}

bool SpeaksOfTarget(const Rule& rule, const AccessRequest& request) {
  const bool by_name = request.to_name.has_value() &&
                       rule.send_to.has_value() &&
                       rule.send_to->Matches(*request.to_name);
  return by_name || (request.to_id && rule.send_to_ids.value_or(false));
}

// Of a rule that denies.
Obstacle WhatIsNotSpokenOf(const Rule& rule, const AccessRequest& request) {
  if (!SpeaksOfEndpoint(rule, request)) return kEndpoints;
  const bool has_target = rule.send_to.has_value() || rule.send_to_ids;
  if (has_target && !SpeaksOfTarget(rule, request)) return kSendTo;
  if (rule.registers.has_value() &&
      (request.registers.empty() ||
       !rule.registers->Matches(request.registers))) {
    return kRegister;
  }
  if (rule.payloads && !request.payloads) return kPayloads;
  if (rule.control && !request.control) return kControl;
  return {};
}

Obstacle ObstacleOf(const Rule& rule, const AccessRequest& request) {
  if ((rule.methods & BitOf(request.method)) == 0) return kMethods;
  if (rule.listeners.has_value() &&
      !rule.listeners->Matches(request.listener)) {
    return kListeners;
  }
  return rule.outcome == Outcome::kAllow ? WhatIsNotCovered(rule, request)
                                         : WhatIsNotSpokenOf(rule, request);
}

Decision DecisionOf(const Rule& rule) {
  return {.allowed = rule.outcome == Outcome::kAllow, .rule = rule.title};
}

}  // namespace

Rules::Rules(std::vector<Rule> rules) : rules_(std::move(rules)) {}

Decision Rules::Decide(const Principal& principal,
                       const AccessRequest& request) const {
  const Concerning concerning = ConcerningRules(principal);
  for (const uint32_t number : *concerning) {
    const Rule& rule = rules_[number];
    if (ObstacleOf(rule, request).empty()) return DecisionOf(rule);
  }
  return {};
}

std::string Rules::Explain(const Principal& principal,
                           const AccessRequest& request) const {
  std::string text;
  for (const Rule& rule : rules_) {
    std::string_view obstacle = "principals";
    if (Concerns(rule, principal)) obstacle = ObstacleOf(rule, request);
    if (obstacle.empty()) {
      return text +
             fmt::format("{}: '{}' {} it\n", rule.place, rule.title,
                         rule.outcome == Outcome::kAllow ? "allows" : "denies");
    }
    text += fmt::format("{}: '{}' does not match: {}\n", rule.place, rule.title,
                        obstacle);
  }
  return text + "no rule matches: denied\n";
}

// Callers are few, and each asks often.
Rules::Concerning Rules::ConcerningRules(const Principal& principal) const {
  {
    MutexLock lock(mutex_);
    const auto found = remembered_.find(principal.key());
    if (found != remembered_.end()) return found->second;
  }
  std::vector<uint32_t> numbers;
  for (uint32_t i = 0; i < rules_.size(); ++i) {
    if (Concerns(rules_[i], principal)) numbers.push_back(i);
  }
  auto concerning =
      std::make_shared<const std::vector<uint32_t>>(std::move(numbers));
  MutexLock lock(mutex_);
  if (remembered_.size() >= kMostRemembered) remembered_.clear();
  remembered_[principal.key()] = concerning;
  return concerning;
}

Decision DecideWithoutRules(const AccessRequest& request, bool serves_admin) {
  const bool concerns_others =
      request.payloads || request.method == Method::kReleaseProxy;
  return {.allowed = serves_admin || !concerns_others, .rule = {}};
}

}  // namespace thespian::gateway
