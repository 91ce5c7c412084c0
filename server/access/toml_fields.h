// The keys of one TOML table, asked for one by one. Finish says what was wrong
// first, or which key nobody asked for.
//
// Ownership: borrows the table and the path.
// Threads:   thread-compatible.
// Errors:    FAILED_PRECONDITION: "FILE:LINE:COLUMN: what is wrong"; after the
//   first one every answer is empty.
// Memory:    the names of the keys.
#ifndef SERVER_ACCESS_TOML_FIELDS_H_
#define SERVER_ACCESS_TOML_FIELDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/command_line/toml_text.h"

namespace thespian::gateway {

struct PlacedText {
  std::string text;
  std::string place;
};

// In the order of the file; with the place of each.
struct PlacedTable {
  const toml::table* table = nullptr;
  std::string place;
};

class TomlFields {
 public:
  // `what` is what the table is called: "a rule". `place` is where it begins.
  TomlFields(const std::string& path, const toml::table& table,
             std::string_view what, std::string place);

  // Empty if the key is not there.
  std::optional<PlacedText> Text(std::string_view key);
  std::optional<bool> Boolean(std::string_view key);
  std::optional<int64_t> Integer(std::string_view key, int64_t least,
                                 int64_t most);
  // A date and a time with its offset from UTC.
  std::optional<absl::Time> Time(std::string_view key);
  // An array of texts, of one at least, none of them twice.
  std::optional<std::vector<PlacedText>> Texts(std::string_view key);
  // [[key]], each with its place.
  std::vector<PlacedTable> Tables(std::string_view key);
  // [key]; null if it is not there.
  const toml::table* Table(std::string_view key);

  // The same of what must be there.
  PlacedText NeedText(std::string_view key);
  std::vector<PlacedText> NeedTexts(std::string_view key);

  // Keeps the first error.
  void Fail(std::string_view place, std::string_view what);
  const absl::Status& status() const { return status_; }
  const std::string& place() const { return place_; }
  const std::string& path() const { return path_; }

  // To be called last.
  absl::Status Finish();

 private:
  // Null: it is not there, or something was wrong before.
  const toml::node* Find(std::string_view key);
  void WrongType(std::string_view key, const toml::node& node,
                 std::string_view wanted);

  const std::string& path_;
  const toml::table& table_;
  const std::string what_;
  const std::string place_;
  std::vector<std::string> known_;
  absl::Status status_;
};

}  // namespace thespian::gateway

#endif  // SERVER_ACCESS_TOML_FIELDS_H_
