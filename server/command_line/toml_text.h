// TOML files, with the places of what is wrong in them.
//
// Ownership: values; what they return of a table are pointers into it.
// Threads:   stateless.
// Errors:    FAILED_PRECONDITION with the file, and with the line and column if
//   it is one of the text: "FILE:LINE:COLUMN: what is wrong".
// Memory:    kMostTomlBytes and what is read of them.
#ifndef SERVER_COMMAND_LINE_TOML_TEXT_H_
#define SERVER_COMMAND_LINE_TOML_TEXT_H_

#include <toml++/toml.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace thespian::gateway {

inline constexpr size_t kMostTomlBytes = 1u << 20;

// The text of a file.
absl::StatusOr<std::string> ReadTomlText(const std::string& path);

// `path` is for the places.
absl::StatusOr<toml::table> ParseToml(std::string_view text,
                                      const std::string& path);

absl::Status ErrorAt(std::string_view place, std::string_view what);

// "FILE:LINE:COLUMN"
std::string PlaceOf(const std::string& path, const toml::source_region& at);

// "an array": as somebody who writes a file calls it.
std::string_view WordFor(const toml::node& node);

// In the order of the file.
using TomlItem = std::pair<const toml::key*, const toml::node*>;
std::vector<TomlItem> ItemsOf(const toml::table& table);

}  // namespace thespian::gateway

#endif  // SERVER_COMMAND_LINE_TOML_TEXT_H_
