#include "server/access/rules_file.h"

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/numbers.h"
#include "fmt/format.h"
#include "server/access/toml_fields.h"
#include "server/command_line/near_match.h"

namespace thespian::gateway {
namespace {

constexpr std::string_view kGroup = "group:";
constexpr char kAllow[] = "allow";
constexpr char kDeny[] = "deny";

using Groups = std::map<std::string, std::vector<std::string>, std::less<>>;

std::vector<std::string> KnownBeginnings() {
  std::vector<std::string> known = PrincipalPrefixes();
  known.emplace_back(kAnonymousText);
  known.emplace_back(kGroup);
  return known;
}

// Of a principal that is "KIND:REST".
std::string UnknownKind(std::string_view text) {
  const std::string kind(text.substr(0, text.find(':') + 1));
  return fmt::format("'{}' is no principal{}", text,
                     DidYouMean(kind.empty() ? text : std::string_view(kind),
                                KnownBeginnings()));
}

// Empty: it is a principal or the beginning of one. Otherwise what is wrong.
std::string WrongPrincipal(std::string_view text) {
  const std::string_view wrong = CheckPattern(text);
  if (!wrong.empty()) return fmt::format("'{}' {}", text, wrong);
  if (text == "*" || text == kAnonymousText) return "";
  const SharedPrincipal known = Principal::OfText(text);
  if (known == nullptr) return UnknownKind(text);
  uint32_t number = 0;
  if (known->kind() == Principal::Kind::kUnixPeer && !text.ends_with('*') &&
      !absl::SimpleAtoi(std::string(text.substr(4)), &number)) {
    return fmt::format("'{}' has no number", text);
  }
  const bool written_so =
      absl::c_all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
  if (written_so) return "";
  return fmt::format("'{}' is written '{}'", text,
                     EscapeName(text.substr(0, text.find('*'))) +
                         (text.ends_with('*') ? "*" : ""));
}

// Reads one file.
class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  absl::StatusOr<RulesFile> Read(const toml::table& table) {
    TomlFields fields(path_, table, "a file of rules", path_);
    absl::Status status;
    if (const toml::table* groups = fields.Table("groups")) {
      status = ReadGroups(*groups);
    }
    const std::vector<PlacedTable> tables = fields.Tables("rule");
    const std::vector<PlacedTable> limits = fields.Tables("limit");
    if (status.ok()) status = fields.Finish();
    if (status.ok() && tables.empty()) {
      status = ErrorAt(path_, "there is no [[rule]]: nobody could do anything");
    }
    if (status.ok()) status = ReadRuleTables(tables);
    if (status.ok()) status = ReadLimits(limits);
    if (!status.ok()) return status;
    return RulesFile{.rules = std::make_shared<const Rules>(std::move(rules_)),
                     .limits = std::move(limits_)};
  }

 private:
  absl::Status ReadGroups(const toml::table& groups) {
    TomlFields fields(path_, groups, "[groups]", path_);
    for (const auto& [key, node] : ItemsOf(groups)) {
      const std::string name(key->str());
      std::vector<std::string>& members = groups_[name];
      for (const PlacedText& member : fields.NeedTexts(name)) {
        if (member.text.starts_with(kGroup)) {
          fields.Fail(member.place, "a group can't have groups in it");
        }
        CheckPrincipal(member, fields);
        members.push_back(member.text);
      }
    }
    return fields.Finish();
  }

  static void CheckPrincipal(const PlacedText& text, TomlFields& fields) {
    const std::string wrong = WrongPrincipal(text.text);
    if (!wrong.empty()) fields.Fail(text.place, wrong);
  }

  absl::Status ReadRuleTables(const std::vector<PlacedTable>& tables) {
    if (tables.size() > kMostRules) {
      return ErrorAt(tables[kMostRules].place,
                     fmt::format("there are more than {} rules", kMostRules));
    }
    for (const PlacedTable& table : tables) {
      absl::Status status = ReadRule(table);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status ReadRule(const PlacedTable& table) {
    TomlFields fields(path_, *table.table, "a rule", table.place);
    Rule rule;
    rule.place = table.place;
    rule.title = ReadTitle(fields);
    rule.principals = ReadPrincipals(fields);
    rule.methods = ReadMethods(fields);
    rule.listeners = ReadPatterns("listeners", fields);
    rule.endpoints = ReadEndpoints(fields);
    rule.send_to = ReadPatterns("send-to", fields);
    rule.send_to_ids = fields.Boolean("send-to-ids");
    rule.registers = ReadPatterns("register", fields);
    rule.outcome = ReadOutcome(fields);
    rule.payloads = ReadPermission("payloads", rule, fields);
    rule.control = ReadPermission("control-words", rule, fields);
    absl::Status status = fields.Finish();
    if (!status.ok()) return status;
    rules_.push_back(std::move(rule));
    return absl::OkStatus();
  }

  absl::Status ReadLimits(const std::vector<PlacedTable>& tables) {
    for (const PlacedTable& table : tables) {
      TomlFields fields(path_, *table.table, "a limit", table.place);
      Limit limit;
      limit.principals = ReadPrincipals(fields);
      for (size_t i = 0; i < kRates; ++i) {
        ReadNumber(NameOf(static_cast<Rate>(i)), limit.rates.at(i), fields);
      }
      for (size_t i = 0; i < kCaps; ++i) {
        ReadNumber(NameOf(static_cast<Cap>(i)), limit.caps.at(i), fields);
      }
      absl::Status status = fields.Finish();
      if (!status.ok()) return status;
      limits_.push_back(std::move(limit));
    }
    return absl::OkStatus();
  }

  static void ReadNumber(std::string_view key, uint64_t& number,
                         TomlFields& fields) {
    constexpr int64_t kMost = int64_t{1} << 40;
    number = static_cast<uint64_t>(fields.Integer(key, 1, kMost).value_or(0));
  }

  std::string ReadTitle(TomlFields& fields) {
    const PlacedText title = fields.NeedText("title");
    const bool readable = absl::c_none_of(
        title.text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    if (title.text.empty() || title.text.size() > kLongestTitle || !readable) {
      fields.Fail(title.place,
                  fmt::format("title must have 1 to {} bytes in one line",
                              kLongestTitle));
    }
    const auto [same, added] = titles_.emplace(title.text, title.place);
    if (!added) {
      fields.Fail(title.place, fmt::format("the rule at {} is called '{}', too",
                                           same->second, title.text));
    }
    return title.text;
  }

  PatternSet ReadPrincipals(TomlFields& fields) const {
    PatternSet principals;
    for (const PlacedText& text : fields.NeedTexts("principals")) {
      if (text.text.starts_with(kGroup)) {
        AddGroup(text, fields, principals);
      } else {
        CheckPrincipal(text, fields);
        principals.Add(text.text);
      }
    }
    return principals;
  }

  void AddGroup(const PlacedText& text, TomlFields& fields,
                PatternSet& principals) const {
    const std::string name = text.text.substr(kGroup.size());
    const auto group = groups_.find(name);
    if (group != groups_.end()) {
      for (const std::string& member : group->second) principals.Add(member);
      return;
    }
    std::vector<std::string> names;
    for (const auto& [known, members] : groups_) names.push_back(known);
    fields.Fail(text.place, fmt::format("there is no group '{}'{}", name,
                                        DidYouMean(name, names)));
  }

  static MethodSet ReadMethods(TomlFields& fields) {
    MethodSet methods = 0;
    for (const PlacedText& text : fields.NeedTexts("methods")) {
      const std::string_view wrong = CheckPattern(text.text);
      if (!wrong.empty()) {
        fields.Fail(text.place, fmt::format("'{}' {}", text.text, wrong));
        break;
      }
      const MethodSet found = MethodsLike(text.text);
      if (found == 0) {
        fields.Fail(text.place,
                    fmt::format("there is no method '{}'{}", text.text,
                                DidYouMean(text.text, MethodNames())));
      }
      methods |= found;
    }
    return methods;
  }

  static std::optional<PatternSet> ReadEndpoints(TomlFields& fields) {
    return ReadPatterns("endpoints", fields, [&fields](const PlacedText& text) {
      if (text.text.find('/') == std::string::npos) return;
      fields.Fail(text.place,
                  fmt::format("'{}' is a member of a pool; endpoints has the "
                              "names of pools",
                              text.text));
    });
  }

  static std::optional<PatternSet> ReadPatterns(std::string_view key,
                                                TomlFields& fields) {
    return ReadPatterns(key, fields, [](const PlacedText&) {});
  }

  template <typename Check>
  static std::optional<PatternSet> ReadPatterns(std::string_view key,
                                                TomlFields& fields,
                                                Check check) {
    const auto texts = fields.Texts(key);
    if (!texts.has_value()) return std::nullopt;
    PatternSet patterns;
    for (const PlacedText& text : *texts) {
      const std::string_view wrong = CheckPattern(text.text);
      if (!wrong.empty()) {
        fields.Fail(text.place, fmt::format("'{}' {}", text.text, wrong));
      }
      check(text);
      patterns.Add(text.text);
    }
    return patterns;
  }

  static Rule::Outcome ReadOutcome(TomlFields& fields) {
    const PlacedText text = fields.NeedText("outcome");
    if (text.text == kAllow) return Rule::Outcome::kAllow;
    if (text.text != kDeny) {
      fields.Fail(
          text.place,
          fmt::format("outcome must be allow or deny, but is '{}'{}", text.text,
                      DidYouMean(text.text, {kAllow, kDeny})));
    }
    return Rule::Outcome::kDeny;
  }

  // A rule that denies may speak of it, but can't say that it does not.
  static bool ReadPermission(std::string_view key, const Rule& rule,
                             TomlFields& fields) {
    const std::optional<bool> allowed = fields.Boolean(key);
    if (allowed == false && rule.outcome == Rule::Outcome::kDeny) {
      fields.Fail(
          fields.place(),
          fmt::format("{} = false says nothing in a rule that denies", key));
    }
    return allowed.value_or(false);
  }

  const std::string& path_;
  Groups groups_;
  std::map<std::string, std::string> titles_;  // and their places
  std::vector<Rule> rules_;
  std::vector<Limit> limits_;
};

}  // namespace

absl::StatusOr<RulesFile> ReadRules(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadTomlText(path);
  if (!text.ok()) return text.status();
  return ParseRules(*text, path);
}

absl::StatusOr<RulesFile> ParseRules(std::string_view text,
                                     const std::string& path) {
  const absl::StatusOr<toml::table> table = ParseToml(text, path);
  if (!table.ok()) return table.status();
  return Reader(path).Read(*table);
}

}  // namespace thespian::gateway
