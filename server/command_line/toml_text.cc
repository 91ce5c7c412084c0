#include "server/command_line/toml_text.h"

#include <algorithm>

#include "fmt/format.h"
#include "server/command_line/file_text.h"

namespace thespian::gateway {
absl::StatusOr<std::string> ReadTomlText(const std::string& path) {
  return ReadFileText(path, kMostTomlBytes);
}

absl::StatusOr<toml::table> ParseToml(std::string_view text,
                                      const std::string& path) {
  try {
    return toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    return ErrorAt(PlaceOf(path, error.source()), error.description());
  }
}

absl::Status ErrorAt(std::string_view place, std::string_view what) {
  return absl::FailedPreconditionError(fmt::format("{}: {}", place, what));
}

std::string PlaceOf(const std::string& path, const toml::source_region& at) {
  return fmt::format("{}:{}:{}", path, at.begin.line, at.begin.column);
}

std::string_view WordFor(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "text";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      return "a date or a time";
    case toml::node_type::none:
      break;
  }
  return "nothing";
}

std::vector<TomlItem> ItemsOf(const toml::table& table) {
  std::vector<TomlItem> items;
  for (const auto& [key, node] : table) items.emplace_back(&key, &node);
  std::sort(items.begin(), items.end(), [](const auto& one, const auto& other) {
    const toml::source_position a = one.first->source().begin;
    const toml::source_position b = other.first->source().begin;
    return a < b;
  });
  return items;
}

}  // namespace thespian::gateway
