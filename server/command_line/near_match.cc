#include "server/command_line/near_match.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "fmt/format.h"

namespace thespian::gateway {
namespace {

// No option is as long; what is longer is near to none.
constexpr size_t kLongestWord = 64;

}  // namespace

// Rows of the table of Levenshtein's distance, with neighbours swapped as a
// step of its own (the restricted form of Damerau's).
size_t EditDistance(std::string_view one, std::string_view other) {
  std::vector<size_t> before_last(other.size() + 1);
  std::vector<size_t> last(other.size() + 1);
  std::vector<size_t> row(other.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 1; i <= one.size(); ++i) {
    std::swap(before_last, last);
    std::swap(last, row);
    row[0] = i;
    for (size_t j = 1; j <= other.size(); ++j) {
      const size_t replaced = last[j - 1] + (one[i - 1] != other[j - 1]);
      row[j] = std::min({replaced, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && one[i - 1] == other[j - 2] &&
          one[i - 2] == other[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row.back();
}

std::string NearMatch(std::string_view word,
                      const std::vector<std::string>& words) {
  if (word.size() > kLongestWord) return "";
  std::string nearest;
  size_t least = std::max<size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : words) {
    const size_t distance = EditDistance(word, candidate);
    if (distance >= least) continue;
    least = distance;
    nearest = candidate;
  }
  return nearest;
}

std::string DidYouMean(std::string_view word,
                       const std::vector<std::string>& words) {
  const std::string match = NearMatch(word, words);
  return match.empty() ? "" : fmt::format(", did you mean {}?", match);
}

}  // namespace thespian::gateway
