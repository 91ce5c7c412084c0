// What was measured: a table for people and JSON lines for programs.
//
// Threads: thread-compatible.
// Errors:  a file that can't be written is told by WriteJson.
#ifndef TESTS_BENCH_REPORT_H_
#define TESTS_BENCH_REPORT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace thespian::gateway::bench {

struct Goal {
  enum class Kind {
    kNone,          // only shown
    kRatioAtLeast,  // of value to yardstick
    kRatioAtMost,
    kValueAtMost,
    kExcessAtMost,  // of value over yardstick
  };
  Kind kind = Kind::kNone;
  double bound = 0;
};

struct Row {
  std::string name;
  std::string unit;
  double value = 0;
  double yardstick = 0;  // 0: there is none
  double ratio = 0;      // 0: there is none
  Goal goal;
  bool plotted_only = false;  // for the JSON, not for the table

  bool passed() const;
};

class Report {
 public:
  // Prints its line at once.
  void Add(Row row);

  bool passed() const;
  // One object a line: name, value, yardstick, ratio, goal, pass, unit.
  absl::Status WriteJson(const std::string& path) const;

 private:
  std::vector<Row> rows_;
};

}  // namespace thespian::gateway::bench

#endif  // TESTS_BENCH_REPORT_H_
