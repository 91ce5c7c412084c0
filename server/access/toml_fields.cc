#include "server/access/toml_fields.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "fmt/format.h"
#include "server/command_line/near_match.h"

namespace thespian::gateway {

TomlFields::TomlFields(const std::string& path, const toml::table& table,
                       std::string_view what, std::string place)
    : path_(path), table_(table), what_(what), place_(std::move(place)) {}

const toml::node* TomlFields::Find(std::string_view key) {
  known_.emplace_back(key);
  return status_.ok() ? table_.get(key) : nullptr;
}

void TomlFields::Fail(std::string_view place, std::string_view what) {
  if (status_.ok()) status_ = ErrorAt(place, what);
}

void TomlFields::WrongType(std::string_view key, const toml::node& node,
                           std::string_view wanted) {
  Fail(PlaceOf(path_, node.source()),
       fmt::format("{} can't be {}: it is {}", key, WordFor(node), wanted));
}

std::optional<PlacedText> TomlFields::Text(std::string_view key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_string()) {
    WrongType(key, *node, "text");
    return std::nullopt;
  }
  return PlacedText{.text = node->as_string()->get(),
                    .place = PlaceOf(path_, node->source())};
}

std::optional<bool> TomlFields::Boolean(std::string_view key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  if (node->is_boolean()) return node->as_boolean()->get();
  WrongType(key, *node, "true or false");
  return std::nullopt;
}

std::optional<int64_t> TomlFields::Integer(std::string_view key, int64_t least,
                                           int64_t most) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_integer()) {
    WrongType(key, *node, "an integer");
    return std::nullopt;
  }
  const int64_t number = node->as_integer()->get();
  if (number >= least && number <= most) return number;
  Fail(PlaceOf(path_, node->source()),
       fmt::format("{} must be {} to {}, but is {}", key, least, most, number));
  return std::nullopt;
}

std::optional<absl::Time> TomlFields::Time(std::string_view key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  const auto* time = node->as_date_time();
  if (time == nullptr || !time->get().offset.has_value()) {
    Fail(PlaceOf(path_, node->source()),
         fmt::format("{} must be a date and a time with an offset, such as "
                     "2027-01-31T00:00:00Z",
                     key));
    return std::nullopt;
  }
  const toml::date_time& at = time->get();
  const absl::CivilSecond civil(at.date.year, at.date.month, at.date.day,
                                at.time.hour, at.time.minute, at.time.second);
  return absl::FromCivil(civil, absl::UTCTimeZone()) -
         absl::Minutes(at.offset->minutes);
}

std::optional<std::vector<PlacedText>> TomlFields::Texts(std::string_view key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  const std::string wanted = "an array of texts, [\"...\"]";
  if (!node->is_array()) {
    WrongType(key, *node, wanted);
    return std::nullopt;
  }
  std::vector<PlacedText> texts;
  absl::flat_hash_set<std::string> seen;
  for (const toml::node& item : *node->as_array()) {
    const std::string place = PlaceOf(path_, item.source());
    if (!item.is_string()) {
      Fail(place, fmt::format("{} can't have {} in it: it is {}", key,
                              WordFor(item), wanted));
      return std::nullopt;
    }
    texts.push_back({.text = item.as_string()->get(), .place = place});
    if (!seen.insert(texts.back().text).second) {
      Fail(place, fmt::format("{} has '{}' twice", key, texts.back().text));
      return std::nullopt;
    }
  }
  if (texts.empty()) {
    Fail(PlaceOf(path_, node->source()),
         fmt::format("{} is empty: nothing would match", key));
    return std::nullopt;
  }
  return texts;
}

std::vector<PlacedTable> TomlFields::Tables(std::string_view key) {
  std::vector<PlacedTable> tables;
  const toml::node* node = Find(key);
  if (node == nullptr) return tables;
  const std::string wanted = fmt::format("tables, [[{}]]", key);
  if (!node->is_array()) {
    WrongType(key, *node, wanted);
    return tables;
  }
  for (const toml::node& item : *node->as_array()) {
    const std::string place = PlaceOf(path_, item.source());
    if (!item.is_table()) {
      Fail(place, fmt::format("{} can't have {} in it: it is {}", key,
                              WordFor(item), wanted));
      return {};
    }
    tables.push_back({.table = item.as_table(), .place = place});
  }
  return tables;
}

const toml::table* TomlFields::Table(std::string_view key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return nullptr;
  if (node->is_table()) return node->as_table();
  WrongType(key, *node, fmt::format("a table, [{}]", key));
  return nullptr;
}

PlacedText TomlFields::NeedText(std::string_view key) {
  std::optional<PlacedText> text = Text(key);
  if (text.has_value()) return *std::move(text);
  Fail(place_, fmt::format("{} needs {}", what_, key));
  return {};
}

std::vector<PlacedText> TomlFields::NeedTexts(std::string_view key) {
  std::optional<std::vector<PlacedText>> texts = Texts(key);
  if (texts.has_value()) return *std::move(texts);
  Fail(place_, fmt::format("{} needs {}", what_, key));
  return {};
}

absl::Status TomlFields::Finish() {
  if (!status_.ok()) return status_;
  for (const auto& [key, node] : ItemsOf(table_)) {
    if (absl::c_linear_search(known_, key->str())) continue;
    return ErrorAt(PlaceOf(path_, key->source()),
                   fmt::format("{} has no {}{}", what_, key->str(),
                               DidYouMean(key->str(), known_)));
  }
  return absl::OkStatus();
}

}  // namespace thespian::gateway
