#include "server/host/config_file.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

#include "fmt/format.h"

namespace thespian::gateway {
namespace {

absl::Status Error(std::string_view place, std::string_view what) {
  return absl::FailedPreconditionError(fmt::format("{}: {}", place, what));
}

std::string PlaceOf(const std::string& path, const toml::source_region& at) {
  return fmt::format("{}:{}:{}", path, at.begin.line, at.begin.column);
}

// As somebody who writes a file calls it.
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

// Reads the values of one file.
class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  absl::StatusOr<ConfigEntry> Read(std::string_view key,
                                   const toml::node& node) const {
    ConfigEntry entry{.key = std::string(key),
                      .place = PlaceOf(path_, node.source())};
    if (const toml::array* array = node.as_array()) {
      entry.type = ConfigEntry::Type::kArray;
      for (const toml::node& item : *array) {
        absl::StatusOr<std::string> text = TextOf(item, key);
        if (!text.ok()) return text.status();
        entry.texts.push_back(*std::move(text));
      }
      return entry;
    }
    absl::StatusOr<std::string> text =
        node.is_boolean() ? absl::StatusOr<std::string>(
                                node.as_boolean()->get() ? "true" : "false")
                          : TextOf(node, key);
    if (!text.ok()) return text.status();
    entry.texts.push_back(*std::move(text));
    if (node.is_boolean()) entry.type = ConfigEntry::Type::kBoolean;
    if (node.is_integer()) entry.type = ConfigEntry::Type::kInteger;
    return entry;
  }

 private:
  // Of text or an integer.
  absl::StatusOr<std::string> TextOf(const toml::node& node,
                                     std::string_view key) const {
    if (node.is_integer()) return std::to_string(node.as_integer()->get());
    const std::string place = PlaceOf(path_, node.source());
    if (!node.is_string()) {
      return Error(place, fmt::format("{} can't be {}", key, WordFor(node)));
    }
    std::string text = node.as_string()->get();
    if (text.find('\0') == std::string::npos) return text;
    return Error(place, fmt::format("{} can't have a NUL character", key));
  }

  const std::string& path_;
};

absl::StatusOr<toml::table> ParseToml(std::string_view text,
                                      const std::string& path) {
  try {
    return toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    return Error(PlaceOf(path, error.source()), error.description());
  }
}

absl::Status CantRead(const std::string& path, int error) {
  return Error(path, fmt::format("can't be read: {}",
                                 std::system_category().message(error)));
}

}  // namespace

absl::StatusOr<std::vector<ConfigEntry>> ReadConfigFile(
    const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file.good()) return CantRead(path, errno);
  std::string text(kMostConfigBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return CantRead(path, errno);
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kMostConfigBytes) return CantRead(path, EFBIG);
  return ParseConfig(text, path);
}

absl::StatusOr<std::vector<ConfigEntry>> ParseConfig(std::string_view text,
                                                     const std::string& path) {
  const absl::StatusOr<toml::table> table = ParseToml(text, path);
  if (!table.ok()) return table.status();
  std::vector<std::pair<const toml::key*, const toml::node*>> items;
  for (const auto& [key, node] : *table) items.emplace_back(&key, &node);
  std::sort(items.begin(), items.end(), [](const auto& one, const auto& other) {
    const toml::source_position a = one.first->source().begin;
    const toml::source_position b = other.first->source().begin;
    return a < b;
  });
  const Reader reader(path);
  std::vector<ConfigEntry> entries;
  for (const auto& [key, node] : items) {
    absl::StatusOr<ConfigEntry> entry = reader.Read(key->str(), *node);
    if (!entry.ok()) return entry.status();
    entries.push_back(*std::move(entry));
  }
  return entries;
}

std::string QuoteToml(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      quoted += fmt::format("\\u{:04X}", static_cast<int>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

}  // namespace thespian::gateway
