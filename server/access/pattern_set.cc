#include "server/access/pattern_set.h"

#include "absl/strings/string_view.h"

namespace thespian::gateway {
namespace {

constexpr size_t kFew = 8;

}  // namespace

void PatternSet::Add(std::string_view pattern) {
  if (pattern == "*") {
    all_ = true;
  } else if (pattern.ends_with('*')) {
    beginnings_.emplace_back(pattern.substr(0, pattern.size() - 1));
  } else if (few_.size() < kFew) {
    few_.emplace_back(pattern);
  } else {
    others_.emplace(pattern);
  }
}

bool PatternSet::Matches(std::string_view text) const {
  if (all_) return true;
  for (const std::string& whole : few_) {
    if (text == whole) return true;
  }
  for (const std::string& beginning : beginnings_) {
    if (text.starts_with(beginning)) return true;
  }
  return !others_.empty() &&
         others_.contains(absl::string_view(text.data(), text.size()));
}

std::string_view CheckPattern(std::string_view pattern) {
  if (pattern.empty()) return "is empty";
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos || star + 1 == pattern.size()) return {};
  return "has a '*' that is not its last character";
}

}  // namespace thespian::gateway
