// A file of options: TOML, a key for each option, and a table for each endpoint
// and for each listener with the keys of its own.
//
//   listen = ["127.0.0.1:50051", "unix:/run/gateway.sock"]
//   stop-grace = "5s"
//
//   [endpoint.logs]
//   command = ["log-child"]
//   routes = { "db.*" = "database" }
//
//   [[listener]]
//   address = "unix:/run/admin.sock"
//   services = ["admin"]
//
// Ownership: values.
// Threads:   stateless.
// Errors:    FAILED_PRECONDITION with the file, and with the line and column if
//   it is one of the text: "FILE:LINE:COLUMN: what is wrong".
// Memory:    kMostTomlBytes and what is read of them.
#ifndef SERVER_HOST_CONFIG_FILE_H_
#define SERVER_HOST_CONFIG_FILE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace thespian::gateway {

struct ConfigEntry {
  enum class Type { kText, kInteger, kBoolean, kArray, kTable };

  std::string key;
  Type type = Type::kText;
  std::vector<std::string> texts;  // one, unless it is an array or a table
  std::vector<ConfigEntry> items;  // of a table; none is a table
  std::string place;               // "FILE:LINE:COLUMN" of the value
};

// [endpoint.NAME], or [[listener]], which has no name.
struct ConfigTable {
  std::string name;
  std::string place;  // of its head
  std::vector<ConfigEntry> entries;
};

// All in the order of the file.
struct ConfigFile {
  std::vector<ConfigEntry> entries;  // before the first table
  std::vector<ConfigTable> tables;   // of endpoints
  std::vector<ConfigTable> listeners;
};

absl::StatusOr<ConfigFile> ReadConfigFile(const std::string& path);

// The same of its text. `path` is for the places.
absl::StatusOr<ConfigFile> ParseConfig(std::string_view text,
                                       const std::string& path);

// `text` as a TOML string, in quotes.
std::string QuoteToml(std::string_view text);
// As a key: in quotes, unless it can be without.
std::string QuoteTomlKey(std::string_view key);

}  // namespace thespian::gateway

#endif  // SERVER_HOST_CONFIG_FILE_H_
