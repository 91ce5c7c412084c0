// What a child must do, one check a property: a table.
//
// Threads:   thread-compatible.
// Errors:    a child that does not do it is a Finding; only a child that can't
//   be started is an error.
#ifndef CLIENTS_CLI_CHECK_CHILD_CHECKS_H_
#define CLIENTS_CLI_CHECK_CHILD_CHECKS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "clients/cli/check/check_report.h"
#include "clients/cli/check/checked_child.h"

namespace thespian::gateway::cli {

// What earlier checks have found.
struct Facts {
  bool answers = false;  // the actor of the name answers
  bool echoes = false;   // with what it was sent
  uint64_t actor = 0;    // its id
  bool joins = false;    // frames that come together are all handled
};

struct CheckRow {
  std::string_view name;
  std::string_view about;  // for --help
  Finding (*run)(CheckedChild&, Facts&);
  enum class Needs {
    kRecord,   // what the child has written before
    kChild,    // one that runs
    kAnswers,  // and answers
    kEcho,     // with what it was sent
  };
  Needs needs = Needs::kAnswers;
  bool writes_on = false;   // without waiting for an answer in between
  bool ends_child = false;  // the next check has a new one
};

// The first one finds out whether the child speaks at all.
std::span<const CheckRow> ChildChecks();

// [..., number], as the checks send it.
std::string NumberedPayload(uint64_t number);

// Runs one check, or says why it can't be run.
absl::StatusOr<Finding> RunCheck(const CheckRow& row, CheckedChild& child,
                                 Facts& facts);

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_CHECK_CHILD_CHECKS_H_
