// What somebody who mistyped a word may have meant.
//
// Threads:   stateless.
// Errors:    none.
#ifndef SERVER_COMMAND_LINE_NEAR_MATCH_H_
#define SERVER_COMMAND_LINE_NEAR_MATCH_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace thespian::gateway {

// How many letters have to be added, left out, replaced or swapped with their
// neighbour to make one word of the other.
size_t EditDistance(std::string_view one, std::string_view other);

// The one of `words` that is nearest to `word`; empty if none is near: at most
// a third of its letters may be wrong.
std::string NearMatch(std::string_view word,
                      const std::vector<std::string>& words);

// ", did you mean WORD?", or nothing.
std::string DidYouMean(std::string_view word,
                       const std::vector<std::string>& words);

}  // namespace thespian::gateway

#endif  // SERVER_COMMAND_LINE_NEAR_MATCH_H_
