// What the checks of a child found, as lines.
//
// Threads:   thread-compatible.
#ifndef CLIENTS_CLI_CHECK_CHECK_REPORT_H_
#define CLIENTS_CLI_CHECK_CHECK_REPORT_H_

#include <array>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

namespace thespian::gateway::cli {

enum class Outcome { kPass, kFail, kCantTell };

struct Finding {
  Outcome outcome = Outcome::kCantTell;
  std::string text;
  std::string hint;  // of a failure: what to change
};

Finding Pass(std::string text);
Finding Fail(std::string text, std::string hint);
Finding CantTell(std::string text);

// "FAIL        end          it still runs; hint: end when ...", without a
// newline. What comes from the child can't steer a terminal.
std::string FindingLine(std::string_view check, const Finding& finding);

class CheckReport {
 public:
  // Lines go to `output`, which is borrowed.
  explicit CheckReport(std::FILE* output) : output_(output) {}

  void AddHeading(std::string_view text);
  void Add(std::string_view check, const Finding& finding);
  // "12 passed, 1 failed, 2 can't tell"
  void AddSummary();

  size_t Count(Outcome outcome) const {
    return counts_[static_cast<size_t>(outcome)];
  }

 private:
  std::FILE* output_;
  std::array<size_t, 3> counts_{};
};

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_CHECK_CHECK_REPORT_H_
