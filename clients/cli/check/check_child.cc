#include "clients/cli/check/check_child.h"

#include <algorithm>
#include <csignal>
#include <utility>
#include <vector>

#include "clients/cli/check/check_report.h"
#include "clients/cli/check/child_checks.h"
#include "clients/cli/check/dialect_trial.h"
#include "clients/cpp/error.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"

namespace thespian::gateway::cli {
namespace {

absl::Status NotStarted(const absl::Status& why) {
  return client::MakeError(absl::StatusCode::kUnavailable, "CHILD_NOT_STARTED",
                           MessageOf(why));
}

std::vector<IdForm> FormsToTry(std::optional<Dialect> dialect) {
  if (dialect) return {RowOf(*dialect).ids};
  return {IdForm::kPlain, IdForm::kTagged};
}

absl::Status CheckIn(Trial& trial, std::optional<Dialect> wanted,
                     CheckReport& report) {
  const std::span<const CheckRow> checks = ChildChecks();
  report.Add("dialect", JudgeDialect(trial, wanted));
  report.Add(checks.front().name, trial.answer);
  if (wanted) trial.child->SetDialect(*wanted);
  for (const CheckRow& check : checks.subspan(1)) {
    const absl::StatusOr<Finding> finding =
        RunCheck(check, *trial.child, trial.facts);
    if (!finding.ok()) return NotStarted(finding.status());
    report.Add(check.name, *finding);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Trial>> Try(const CheckedChildSetup& setup,
                                       std::optional<Dialect> dialect) {
  std::vector<Trial> trials;
  for (const IdForm ids : FormsToTry(dialect)) {
    absl::StatusOr<Trial> trial = TryDialect(setup, ids);
    if (!trial.ok()) return NotStarted(trial.status());
    trials.push_back(*std::move(trial));
  }
  return trials;
}

}  // namespace

absl::Status CheckChild(const CheckedChildSetup& setup,
                        std::optional<Dialect> dialect,
                        const Streams& streams) {
  // A child that has gone is an error of write.
  std::signal(SIGPIPE, SIG_IGN);
  absl::StatusOr<std::vector<Trial>> trials = Try(setup, dialect);
  if (!trials.ok()) return trials.status();
  const std::vector<size_t> chosen = ChooseTrials(*trials);
  CheckReport report(streams.output);
  for (size_t i = 0; i < trials->size(); ++i) {
    Trial& trial = (*trials)[i];
    const std::string_view name = NameOf(trial.child->ids());
    if (std::count(chosen.begin(), chosen.end(), i) == 0) {
      report.AddHeading(
          fmt::format("{}: not spoken ({})", name, WhyNotSpoken(trial)));
      continue;
    }
    report.AddHeading(fmt::format("{}:", name));
    absl::Status status = CheckIn(trial, dialect, report);
    if (!status.ok()) return status;
  }
  report.AddSummary();
  const size_t failed = report.Count(Outcome::kFail);
  if (failed == 0) return absl::OkStatus();
  return absl::UnknownError(fmt::format("the child fails {} check{}", failed,
                                        failed == 1 ? "" : "s"));
}

std::string DescribeChecks() {
  std::string text =
      "  dialect       which one it speaks, as far as can be told\n";
  for (const CheckRow& row : ChildChecks()) {
    text += fmt::format("  {:<12}  {}\n", row.name, row.about);
  }
  return text;
}

}  // namespace thespian::gateway::cli
