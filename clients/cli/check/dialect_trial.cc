#include "clients/cli/check/dialect_trial.h"

#include <utility>

#include "fmt/format.h"

namespace thespian::gateway::cli {
namespace {

Speaks Judge(const Manner& manner, IdForm ids) {
  const bool plain = ids == IdForm::kPlain;
  const bool right = plain ? manner.ids.plain : manner.ids.tagged;
  const bool wrong = plain ? manner.ids.tagged : manner.ids.plain;
  if (right && !wrong) return Speaks::kYes;
  if (right) return Speaks::kInPart;
  if (manner.frames > 0) return Speaks::kFrames;
  return manner.violation.ok() ? Speaks::kNothing : Speaks::kBytes;
}

// The older generations write the shortest heads of text strings.
Dialect Guess(const Manner& manner, IdForm ids) {
  const bool old = manner.short_texts && !manner.fixed_heads;
  if (ids == IdForm::kPlain) {
    return old ? Dialect::kThespianSeed : Dialect::kPlain;
  }
  return old ? Dialect::kThespian16k : Dialect::kThespian;
}

std::string_view ReasonFor(Dialect dialect) {
  switch (dialect) {
    case Dialect::kPlain:
      return "plain: its ids are numbers";
    case Dialect::kThespianSeed:
      return "thespian-seed, or plain: its ids are numbers, its frames have "
             "the heads of old thespian";
    case Dialect::kThespian16k:
      return "thespian-16k: its ids are tagged, its frames have the heads of "
             "old thespian";
    case Dialect::kThespian:
      return "thespian: its ids are tagged";
  }
  return "";
}

}  // namespace

std::string_view NameOf(IdForm ids) {
  return ids == IdForm::kPlain ? "plain ids" : "tagged ids";
}

absl::StatusOr<Trial> TryDialect(const CheckedChildSetup& setup, IdForm ids) {
  Trial trial{.child = std::make_unique<CheckedChild>(setup, ids)};
  absl::StatusOr<Finding> answer =
      RunCheck(ChildChecks().front(), *trial.child, trial.facts);
  if (!answer.ok()) return answer.status();
  trial.answer = *std::move(answer);
  trial.speaks = Judge(trial.child->manner(), ids);
  trial.child->SetDialect(Guess(trial.child->manner(), ids));
  return trial;
}

Finding JudgeDialect(const Trial& trial, std::optional<Dialect> wanted) {
  const Dialect guess = trial.child->row().dialect;
  if (trial.speaks < Speaks::kFrames) {
    return CantTell("it wrote no frame");
  }
  if (trial.speaks < Speaks::kYes) {
    return Fail(WhyNotSpoken(trial), "see the line of the ids");
  }
  const bool either =
      wanted == Dialect::kPlain && guess == Dialect::kThespianSeed;
  if (!wanted || guess == *wanted || either) {
    return Pass(std::string(ReasonFor(guess)));
  }
  if (guess == Dialect::kPlain || guess == Dialect::kThespian) {
    return CantTell(
        "its ids are right; its frames have not the heads that "
        "old thespian writes");
  }
  return Fail(fmt::format("it seems to speak {}", ReasonFor(guess)),
              fmt::format("give the gateway --dialect {}", RowOf(guess).name));
}

std::string WhyNotSpoken(const Trial& trial) {
  switch (trial.speaks) {
    case Speaks::kFrames:
      return fmt::format("it does not answer {} with such",
                         NameOf(trial.child->ids()));
    case Speaks::kInPart:
      return "it answers with ids of both forms";
    case Speaks::kNothing:
    case Speaks::kBytes:
    case Speaks::kYes:
      break;
  }
  return trial.answer.text;
}

std::vector<size_t> ChooseTrials(const std::vector<Trial>& trials) {
  std::vector<size_t> spoken;
  size_t best = 0;
  for (size_t i = 0; i < trials.size(); ++i) {
    if (trials[i].speaks == Speaks::kYes) spoken.push_back(i);
    if (trials[i].speaks > trials[best].speaks) best = i;
  }
  if (spoken.empty()) spoken.push_back(best);
  return spoken;
}

}  // namespace thespian::gateway::cli
