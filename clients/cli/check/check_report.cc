#include "clients/cli/check/check_report.h"

#include <utility>

#include "clients/cli/printable.h"
#include "clients/cli/streams.h"
#include "fmt/format.h"

namespace thespian::gateway::cli {
namespace {

std::string_view WordFor(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPass:
      return "pass";
    case Outcome::kFail:
      return "FAIL";
    case Outcome::kCantTell:
      return "can't tell";
  }
  return "";
}

}  // namespace

Finding Pass(std::string text) {
  return {.outcome = Outcome::kPass, .text = std::move(text)};
}

Finding Fail(std::string text, std::string hint) {
  return {.outcome = Outcome::kFail,
          .text = std::move(text),
          .hint = std::move(hint)};
}

Finding CantTell(std::string text) {
  return {.outcome = Outcome::kCantTell, .text = std::move(text)};
}

std::string FindingLine(std::string_view check, const Finding& finding) {
  std::string line = fmt::format("{:<10}  {:<12}  {}", WordFor(finding.outcome),
                                 check, finding.text);
  if (!finding.hint.empty()) line += "; hint: " + finding.hint;
  return Printable(line);
}

void CheckReport::AddHeading(std::string_view text) {
  PrintLine(output_, Printable(text));
}

void CheckReport::Add(std::string_view check, const Finding& finding) {
  ++counts_[static_cast<size_t>(finding.outcome)];
  PrintLine(output_, FindingLine(check, finding));
}

void CheckReport::AddSummary() {
  PrintLine(output_, fmt::format("{} passed, {} failed, {} can't tell",
                                 Count(Outcome::kPass), Count(Outcome::kFail),
                                 Count(Outcome::kCantTell)));
}

}  // namespace thespian::gateway::cli
