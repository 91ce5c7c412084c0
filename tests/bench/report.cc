#include "tests/bench/report.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <utility>

#include "fmt/format.h"
#include "nlohmann/json.hpp"

namespace thespian::gateway::bench {
namespace {

std::string GoalText(const Goal& goal) {
  switch (goal.kind) {
    case Goal::Kind::kNone:
      return "";
    case Goal::Kind::kRatioAtLeast:
      return fmt::format("ratio >= {}", goal.bound);
    case Goal::Kind::kRatioAtMost:
      return fmt::format("ratio <= {}", goal.bound);
    case Goal::Kind::kValueAtMost:
      return fmt::format("<= {}", goal.bound);
    case Goal::Kind::kExcessAtMost:
      return fmt::format("<= {} more", goal.bound);
  }
  return "";
}

std::string FigureText(double figure) {
  if (figure == 0) return "";
  return fmt::format("{:.{}f}", figure, figure < 100 ? 2 : 0);
}

}  // namespace

bool Row::passed() const {
  switch (goal.kind) {
    case Goal::Kind::kNone:
      return true;
    case Goal::Kind::kRatioAtLeast:
      return ratio >= goal.bound;
    case Goal::Kind::kRatioAtMost:
      return ratio <= goal.bound;
    case Goal::Kind::kValueAtMost:
      return value <= goal.bound;
    case Goal::Kind::kExcessAtMost:
      return value - yardstick <= goal.bound;
  }
  return false;
}

void Report::Add(Row row) {
  if (rows_.empty()) {
    fmt::print("{:<22} {:<10} {:>12} {:>12} {:>7}  {:<14}\n", "name", "unit",
               "gateway", "yardstick", "ratio", "goal");
  }
  if (!row.plotted_only) {
    fmt::print("{:<22} {:<10} {:>12} {:>12} {:>7}  {:<14} {}\n", row.name,
               row.unit, FigureText(row.value), FigureText(row.yardstick),
               FigureText(row.ratio), GoalText(row.goal),
               row.passed() ? "" : "MISSED");
    std::fflush(stdout);
  }
  rows_.push_back(std::move(row));
}

bool Report::passed() const {
  return std::all_of(rows_.begin(), rows_.end(),
                     [](const Row& row) { return row.passed(); });
}

absl::Status Report::WriteJson(const std::string& path) const {
  errno = 0;
  std::ofstream file(path);
  for (const Row& row : rows_) {
    file << nlohmann::ordered_json{{"name", row.name},
                                   {"value", row.value},
                                   {"yardstick", row.yardstick},
                                   {"ratio", row.ratio},
                                   {"goal", GoalText(row.goal)},
                                   {"pass", row.passed()},
                                   {"unit", row.unit}}
         << '\n';
  }
  if (file.flush().good()) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, fmt::format("can't write '{}'", path));
}

}  // namespace thespian::gateway::bench
