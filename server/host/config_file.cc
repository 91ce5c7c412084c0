#include "server/host/config_file.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "fmt/format.h"
#include "server/command_line/near_match.h"
#include "server/command_line/toml_text.h"

namespace thespian::gateway {
namespace {

constexpr char kEndpointTable[] = "endpoint";
constexpr char kListenerTable[] = "listener";

// Reads the values of one file.
class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  absl::StatusOr<ConfigFile> Read(const toml::table& table) const {
    ConfigFile file;
    for (const auto& [key, node] : ItemsOf(table)) {
      absl::Status status = ReadItem(key->str(), *node, file);
      if (!status.ok()) return status;
    }
    return file;
  }

 private:
  absl::Status ReadItem(std::string_view key, const toml::node& node,
                        ConfigFile& file) const {
    if (key == kListenerTable) return ReadListeners(node, file.listeners);
    return key == kEndpointTable || node.is_table()
               ? ReadTables(key, node, file.tables)
               : ReadEntry(key, node, file.entries);
  }

  // All the tables [[listener]].
  absl::Status ReadListeners(const toml::node& node,
                             std::vector<ConfigTable>& tables) const {
    const toml::array* array = node.as_array();
    if (array == nullptr || !array->is_array_of_tables()) {
      return ErrorAt(PlaceOf(path_, node.source()),
                     fmt::format("listener can't be {}: the options of each "
                                 "listener are in a table, [[listener]]",
                                 WordFor(node)));
    }
    for (const toml::node& table : *array) {
      ConfigTable read{
          .name = {}, .place = PlaceOf(path_, table.source()), .entries = {}};
      absl::Status status = ReadEntries(*table.as_table(), read.entries);
      if (!status.ok()) return status;
      tables.push_back(std::move(read));
    }
    return absl::OkStatus();
  }

  // All the tables [endpoint.NAME].
  absl::Status ReadTables(std::string_view key, const toml::node& node,
                          std::vector<ConfigTable>& tables) const {
    if (key != kEndpointTable) {
      return ErrorAt(PlaceOf(path_, node.source()),
                     fmt::format("there is no table [{}], only [endpoint.NAME] "
                                 "and [[listener]]{}",
                                 key, DidYouMean(key, {kEndpointTable})));
    }
    if (!node.is_table()) return NoTable(key, node);
    for (const auto& [name, table] : ItemsOf(*node.as_table())) {
      const std::string full = fmt::format("{}.{}", key, name->str());
      if (!table->is_table()) return NoTable(full, *table);
      ConfigTable read{.name = std::string(name->str()),
                       .place = PlaceOf(path_, table->source()),
                       .entries = {}};
      absl::Status status = ReadEntries(*table->as_table(), read.entries);
      if (!status.ok()) return status;
      tables.push_back(std::move(read));
    }
    return absl::OkStatus();
  }

  absl::Status NoTable(std::string_view key, const toml::node& node) const {
    return ErrorAt(PlaceOf(path_, node.source()),
                   fmt::format("{} can't be {}: the options of an endpoint are "
                               "in a table, [endpoint.NAME]",
                               key, WordFor(node)));
  }

  absl::Status ReadEntries(const toml::table& table,
                           std::vector<ConfigEntry>& entries) const {
    for (const auto& [key, node] : ItemsOf(table)) {
      absl::Status status =
          node->is_table() ? ReadPairs(key->str(), *node->as_table(), entries)
                           : ReadEntry(key->str(), *node, entries);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  // A table within an endpoint's.
  absl::Status ReadPairs(std::string_view key, const toml::table& table,
                         std::vector<ConfigEntry>& entries) const {
    ConfigEntry entry{.key = std::string(key),
                      .type = ConfigEntry::Type::kTable,
                      .texts = {},
                      .items = {},
                      .place = PlaceOf(path_, table.source())};
    for (const auto& [name, node] : ItemsOf(table)) {
      absl::Status status = ReadEntry(name->str(), *node, entry.items);
      if (!status.ok()) return status;
    }
    entries.push_back(std::move(entry));
    return absl::OkStatus();
  }

  absl::Status ReadEntry(std::string_view key, const toml::node& node,
                         std::vector<ConfigEntry>& entries) const {
    ConfigEntry entry{.key = std::string(key),
                      .type = TypeOf(node),
                      .texts = {},
                      .items = {},
                      .place = PlaceOf(path_, node.source())};
    if (const toml::array* array = node.as_array()) {
      for (const toml::node& item : *array) {
        absl::Status status = ReadText(item, entry);
        if (!status.ok()) return status;
      }
    } else if (node.is_boolean()) {
      entry.texts.emplace_back(node.as_boolean()->get() ? "true" : "false");
    } else {
      absl::Status status = ReadText(node, entry);
      if (!status.ok()) return status;
    }
    entries.push_back(std::move(entry));
    return absl::OkStatus();
  }

  static ConfigEntry::Type TypeOf(const toml::node& node) {
    if (node.is_array()) return ConfigEntry::Type::kArray;
    if (node.is_boolean()) return ConfigEntry::Type::kBoolean;
    return node.is_integer() ? ConfigEntry::Type::kInteger
                             : ConfigEntry::Type::kText;
  }

  // Of text or an integer.
  absl::Status ReadText(const toml::node& node, ConfigEntry& entry) const {
    if (node.is_integer()) {
      entry.texts.push_back(std::to_string(node.as_integer()->get()));
      return absl::OkStatus();
    }
    const std::string place = PlaceOf(path_, node.source());
    if (!node.is_string()) {
      return ErrorAt(place,
                     fmt::format("{} can't be {}", entry.key, WordFor(node)));
    }
    entry.texts.push_back(node.as_string()->get());
    if (entry.texts.back().find('\0') == std::string::npos) {
      return absl::OkStatus();
    }
    return ErrorAt(place,
                   fmt::format("{} can't have a NUL character", entry.key));
  }

  const std::string& path_;
};

}  // namespace

absl::StatusOr<ConfigFile> ReadConfigFile(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadTomlText(path);
  if (!text.ok()) return text.status();
  return ParseConfig(*text, path);
}

absl::StatusOr<ConfigFile> ParseConfig(std::string_view text,
                                       const std::string& path) {
  const absl::StatusOr<toml::table> table = ParseToml(text, path);
  if (!table.ok()) return table.status();
  return Reader(path).Read(*table);
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

std::string QuoteTomlKey(std::string_view key) {
  const bool bare = !key.empty() && absl::c_all_of(key, [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_';
  });
  return bare ? std::string(key) : QuoteToml(key);
}

}  // namespace thespian::gateway
