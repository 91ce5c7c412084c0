// The file of rules: TOML, read and checked whole.
//
//   [groups]
//   operators = ["cn:alice", "spiffe://example.org/operators/*"]
//
//   [[rule]]
//   title = "operators do everything"
//   principals = ["group:operators"]
//   methods = ["*"]
//   payloads = true
//   control-words = true
//   outcome = "allow"
//
//   [[rule]]
//   title = "the web asks echo"
//   principals = ["token:web"]
//   methods = ["Call", "Send*"]
//   endpoints = ["default"]
//   send-to = ["echo", "db.*"]
//   outcome = "allow"
//
//   [[limit]]
//   principals = ["token:*"]
//   requests-per-second = 1000
//   watchers = 5
//
// A rule has a title of its own, principals, methods and an outcome; what it
// does not say is not limited. But payloads and control words are allowed only
// by a rule that says so, and actors by their ids, once there is send-to, only
// by one with send-to-ids. Of the limits the first counts whose principals
// match; each principal has them for itself.
//
// Ownership: values.
// Threads:   stateless.
// Errors:    FAILED_PRECONDITION: "FILE:LINE:COLUMN: what is wrong".
// Memory:    kMostTomlBytes, kMostRules.
#ifndef SERVER_ACCESS_RULES_FILE_H_
#define SERVER_ACCESS_RULES_FILE_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/access/limits.h"
#include "server/access/rules.h"

namespace thespian::gateway {

inline constexpr size_t kMostRules = 10'000;
inline constexpr size_t kLongestTitle = 128;

struct RulesFile {
  std::shared_ptr<const Rules> rules;
  std::vector<Limit> limits;
};

absl::StatusOr<RulesFile> ReadRules(const std::string& path);

// The same of its text. `path` is for the places.
absl::StatusOr<RulesFile> ParseRules(std::string_view text,
                                     const std::string& path);

}  // namespace thespian::gateway

#endif  // SERVER_ACCESS_RULES_FILE_H_
