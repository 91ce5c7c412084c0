// docs/protocol.md, as far as it shows bytes.
//
// Errors:    what can't be read is a failure of the test that asks.
#ifndef TESTS_EXAMPLES_PROTOCOL_PAGE_H_
#define TESTS_EXAMPLES_PROTOCOL_PAGE_H_

#include <string>
#include <string_view>
#include <vector>

namespace thespian::gateway {

// One turn of a session: a frame, or the end of the gateway's stream.
struct SessionTurn {
  enum class Kind { kToChild, kFromChild, kEnd };
  Kind kind;
  std::string frame;
};

// A row of the table of mistakes that shows bytes.
struct Mistake {
  std::string what;
  std::string bytes;
  std::string verdict;  // "ends the child", "skipped" or "taken"
};

// The block that is marked `session NAME`.
std::vector<SessionTurn> ReadSession(std::string_view name);

std::vector<Mistake> ReadMistakes();

}  // namespace thespian::gateway

#endif  // TESTS_EXAMPLES_PROTOCOL_PAGE_H_
