// Cuts what a child writes to its stderr into lines, bounded in length and in
// rate, and remembers the last ones.
//
// Ownership: a line is a view, valid until the visitor returns.
// Threads:   thread-compatible; on the loop.
// Errors:    none: a long line is cut after a whole code point and says so,
//   lines beyond the rate are counted and the count is told.
// Memory:    one line and kRemembered lines, whatever the child writes.
#ifndef ENDPOINT_PROCESS_LINE_SPLITTER_H_
#define ENDPOINT_PROCESS_LINE_SPLITTER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"

namespace thespian::gateway {

class LineSplitter {
 public:
  static constexpr size_t kMaxLineBytes = 4'096;
  static constexpr size_t kRemembered = 20;
  // Lines that pass at once, and how many more every second.
  static constexpr double kBurst = 1'000;
  static constexpr double kPerSecond = 200;

  using TimePoint = std::chrono::steady_clock::time_point;
  using Visitor = absl::FunctionRef<void(std::string_view, bool truncated)>;

  explicit LineSplitter(TimePoint now) : last_refill_(now) {}

  // Calls `visit` for every line that `bytes` completes and the rate allows.
  // Text is made valid UTF-8.
  void Feed(std::string_view bytes, TimePoint now, Visitor visit);

  // The stream has ended: what is left is a line, too.
  void Finish(TimePoint now, Visitor visit);

  // Lines that were held back since the last call.
  uint64_t TakeSuppressed();
  bool has_suppressed() const { return suppressed_ > 0; }

  // The last lines, oldest first, those held back included.
  std::vector<std::string> Last() const;

 private:
  void Append(std::string_view bytes);
  void EndLine(TimePoint now, Visitor visit);
  bool Allowed(TimePoint now);

  std::string line_;
  uint64_t line_bytes_ = 0;  // those cut off included
  bool ends_with_return_ = false;
  std::deque<std::string> last_;
  double allowance_ = kBurst;
  TimePoint last_refill_;
  uint64_t suppressed_ = 0;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_PROCESS_LINE_SPLITTER_H_
