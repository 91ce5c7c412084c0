#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "tests/bench/pair_row.h"
#include "tests/bench/rows.h"
#include "tests/bench/sample.h"
#include "tests/bench/unary_load.h"
#include "tests/bench/watcher_crowd.h"

namespace thespian::gateway::bench {
namespace {

constexpr size_t kWatchers = 100;
// A hundred a second, or a little less.
constexpr std::chrono::milliseconds kPause{10};

// Beside a gateway that nobody watches.
Pair BesideUnwatched(Setting& setting, absl::FunctionRef<double(Stub&)> cost) {
  Subject watched = setting.NewGateway();
  WatcherCrowd crowd(watched, kWatchers);
  const Pair pair = InTurns(
      setting.effort().rounds, [&] { return cost(watched.stub()); },
      [&] { return cost(setting.gateway().stub()); });
  crowd.AwaitAll();
  return pair;
}

// Adds what one request takes, a hundred a second, by `times_of`.
void AddPaced(Setting& setting, Report& report, const std::string& name,
              std::vector<double> (*times_of)(Stub&, int,
                                              std::chrono::nanoseconds)) {
  constexpr double kMost = 1.15;
  // A round takes ten times as long as one without pauses.
  const int count = std::max(100, setting.effort().latencies / 10);
  const auto cost = [&](Stub& stub) {
    return Median(times_of(stub, count, kPause));
  };
  report.Add(RowOf(name, "us", BesideUnwatched(setting, cost), AtMost(kMost)));
}

}  // namespace

void MeasureWatchedSend(Setting& setting, Report& report) {
  AddPaced(setting, report, "send_p50_watched", UnaryTimes);
}

void MeasureWatchedCall(Setting& setting, Report& report) {
  AddPaced(setting, report, "call_p50_watched", CallTimes);
}

void MeasureWatchedRate(Setting& setting, Report& report) {
  constexpr int kInFlight = 64;
  constexpr double kLeast = 0.7;
  const auto cost = [&setting](Stub& stub) {
    return UnaryRate(stub, kInFlight, setting.effort().round);
  };
  report.Add(RowOf("rate_watched", "1/s", BesideUnwatched(setting, cost),
                   AtLeast(kLeast)));
}

}  // namespace thespian::gateway::bench
