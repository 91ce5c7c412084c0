// A file of options: TOML without tables, a key for each option.
//
//   listen = ["127.0.0.1:50051", "unix:/run/gateway.sock"]
//   stop-grace = "5s"
//   hang-restart = true
//
// Ownership: values.
// Threads:   stateless.
// Errors:    FAILED_PRECONDITION with the file, and with the line and column if
//   it is one of the text: "FILE:LINE:COLUMN: what is wrong".
// Memory:    kMostConfigBytes and what is read of them.
#ifndef SERVER_HOST_CONFIG_FILE_H_
#define SERVER_HOST_CONFIG_FILE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace thespian::gateway {

inline constexpr size_t kMostConfigBytes = 1u << 20;

struct ConfigEntry {
  enum class Type { kText, kInteger, kBoolean, kArray };

  std::string key;
  Type type = Type::kText;
  std::vector<std::string> texts;  // one, unless it is an array
  std::string place;               // "FILE:LINE:COLUMN"
};

// In the order of the file.
absl::StatusOr<std::vector<ConfigEntry>> ReadConfigFile(
    const std::string& path);

// The same of its text. `path` is for the places.
absl::StatusOr<std::vector<ConfigEntry>> ParseConfig(std::string_view text,
                                                     const std::string& path);

// `text` as a TOML string, in quotes.
std::string QuoteToml(std::string_view text);

}  // namespace thespian::gateway

#endif  // SERVER_HOST_CONFIG_FILE_H_
