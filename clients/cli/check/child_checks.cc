#include "clients/cli/check/child_checks.h"

#include <array>

#include "clients/cli/check/life_checks.h"
#include "clients/cli/check/message_checks.h"
#include "clients/cli/check/stdout_checks.h"

namespace thespian::gateway::cli {
namespace {

using Needs = CheckRow::Needs;

constexpr std::array kChecks = {
    CheckRow{.name = "answers",
             .about = "a message to --name is answered by a message to its "
                      "sender, by id",
             .run = CheckAnswers,
             .needs = Needs::kChild},
    CheckRow{.name = "by id",
             .about = "the actor that answered is reached by its id",
             .run = CheckById},
    CheckRow{
        .name = "large ids", .about = "ids have 64 bits", .run = CheckLargeIds},
    CheckRow{.name = "joined",
             .about = "several frames that one read brings are all handled",
             .run = CheckJoined},
    CheckRow{.name = "order",
             .about = "messages of one sender are handled in their order",
             .run = CheckOrder,
             .needs = Needs::kEcho,
             .writes_on = true},
    CheckRow{.name = "split",
             .about = "frames that come byte by byte are put together",
             .run = CheckSplit,
             .writes_on = true},
    CheckRow{.name = "unknown id",
             .about = "it lives on after a message to an id that it does not "
                      "have",
             .run = CheckUnknownId,
             .writes_on = true},
    CheckRow{.name = "unknown name",
             .about = "it lives on after a message to a name that it does not "
                      "have",
             .run = CheckUnknownName,
             .writes_on = true},
    CheckRow{.name = "unknown link",
             .about = "a link to an id that it does not have is answered by "
                      "exit (a thespian process is silent)",
             .run = CheckUnknownLink,
             .writes_on = true},
    CheckRow{.name = "peer's exit",
             .about = "it lives on when an actor of ours ends",
             .run = CheckPeerExit,
             .writes_on = true},
    CheckRow{.name = "nobody",
             .about = "a message from nobody (id 0) is not answered; the "
                      "gateway sends none to a thespian process",
             .run = CheckNobody,
             .writes_on = true},
    CheckRow{.name = "own exit",
             .about = "exit tells the end of an actor that is linked; can't be "
                      "told if [\"exit\", reason] does not end the actor",
             .run = CheckOwnExit,
             .writes_on = true,
             .ends_child = true},
    CheckRow{.name = "limits",
             .about = "how large a payload it echoes",
             .run = CheckLimits,
             .needs = Needs::kEcho,
             .ends_child = true},
    CheckRow{
        .name = "end",
        .about = "it ends by itself, with exit code 0, when its stdin does",
        .run = CheckEnd,
        .needs = Needs::kChild,
        .ends_child = true},
    CheckRow{.name = "framing",
             .about = "frames have a head that the gateway reads",
             .run = CheckFraming,
             .needs = Needs::kRecord},
    CheckRow{.name = "ids",
             .about = "ids are written as the dialect has them",
             .run = CheckIds,
             .needs = Needs::kRecord},
    CheckRow{.name = "stdout",
             .about = "nothing but frames is on stdout",
             .run = CheckStdout,
             .needs = Needs::kRecord},
    CheckRow{.name = "quiet",
             .about = "it does not write without end",
             .run = CheckQuiet,
             .needs = Needs::kRecord},
};

// What the check needs and the child does not do; null: nothing.
const char* Missing(const CheckRow& row, const Facts& facts) {
  if (row.needs > Needs::kChild && !facts.answers) return "needs an answer";
  if (row.needs == Needs::kEcho && !facts.echoes) {
    return "needs an actor that echoes; see --name";
  }
  if (row.writes_on && !facts.joins) {
    return "needs a child that handles joined frames";
  }
  return nullptr;
}

// Each run may have other ids. False: the actor does not answer in this one.
bool FindActorAgain(CheckedChild& child, Facts& facts) {
  if (!facts.answers) return true;
  const absl::StatusOr<Received> answer =
      child.AskName(child.FreshId(), NumberedPayload(0));
  if (answer.ok()) facts.actor = answer->first;
  return answer.ok();
}

}  // namespace

std::span<const CheckRow> ChildChecks() { return kChecks; }

absl::StatusOr<Finding> RunCheck(const CheckRow& row, CheckedChild& child,
                                 Facts& facts) {
  if (row.needs == Needs::kRecord) return row.run(child, facts);
  if (const char* missing = Missing(row, facts)) return CantTell(missing);
  const bool anew = !child.runs();
  absl::Status status = child.EnsureRunning();
  if (!status.ok()) return status;
  if (anew && !FindActorAgain(child, facts)) {
    return CantTell("started again, it does not answer");
  }
  child.BeginCheck();
  Finding finding = row.run(child, facts);
  if (row.ends_child || finding.outcome != Outcome::kPass) child.Discard();
  const bool other_fault = child.disturbed() && row.needs > Needs::kChild &&
                           finding.outcome == Outcome::kFail;
  if (other_fault) return CantTell("what else it writes gets in the way");
  return finding;
}

}  // namespace thespian::gateway::cli
