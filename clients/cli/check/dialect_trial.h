// Finds out which dialects a child speaks: in each form of ids it is asked a
// question.
//
// Threads:   thread-compatible.
// Errors:    only a child that can't be started is an error.
#ifndef CLIENTS_CLI_CHECK_DIALECT_TRIAL_H_
#define CLIENTS_CLI_CHECK_DIALECT_TRIAL_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "clients/cli/check/check_report.h"
#include "clients/cli/check/checked_child.h"
#include "clients/cli/check/child_checks.h"

namespace thespian::gateway::cli {

// From bad to good.
enum class Speaks {
  kNothing,
  kBytes,   // that are no frame
  kFrames,  // but not in this form of ids
  kInPart,  // in this form, and in the other too
  kYes,     // if only with the tags in wrong places
};

struct Trial {
  std::unique_ptr<CheckedChild> child;
  Facts facts;
  Finding answer;  // of the first check
  Speaks speaks = Speaks::kNothing;
};

// The child's dialect is then the one that its way of writing points to.
absl::StatusOr<Trial> TryDialect(const CheckedChildSetup& setup, IdForm ids);

// What the trial says of the dialect; `wanted` is what the user named.
Finding JudgeDialect(const Trial& trial, std::optional<Dialect> wanted);

// Why the child is not checked in the form of ids of this trial.
std::string WhyNotSpoken(const Trial& trial);

// "plain ids" or "tagged ids".
std::string_view NameOf(IdForm ids);

// Those of `trials` in which the child is to be checked: all that it speaks,
// or the one that it comes nearest to.
std::vector<size_t> ChooseTrials(const std::vector<Trial>& trials);

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_CHECK_DIALECT_TRIAL_H_
