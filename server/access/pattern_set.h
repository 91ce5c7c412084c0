// Texts, and beginnings of texts ("db.*"), one of which another text may match.
//
// Ownership: a value.
// Threads:   thread-compatible.
// Errors:    CheckPattern says what is wrong with a pattern.
// Memory:    the patterns.
#ifndef SERVER_ACCESS_PATTERN_SET_H_
#define SERVER_ACCESS_PATTERN_SET_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"

namespace thespian::gateway {

class PatternSet {
 public:
  // `pattern` ends with '*', or is a whole text. CheckPattern accepts it.
  void Add(std::string_view pattern);

  bool Matches(std::string_view text) const;
  // Whether there is a "*".
  bool MatchesAll() const { return all_; }

 private:
  bool all_ = false;
  std::vector<std::string> beginnings_;
  // Whole texts: to compare a few is faster than to hash one.
  std::vector<std::string> few_;
  absl::flat_hash_set<std::string> others_;
};

// Empty: it is one. Otherwise what is wrong with it.
std::string_view CheckPattern(std::string_view pattern);

}  // namespace thespian::gateway

#endif  // SERVER_ACCESS_PATTERN_SET_H_
