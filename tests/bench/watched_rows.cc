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

// Of a round that takes ten times as long as one without pauses.
int PacedLatencies(const Setting& setting) {
  return std::max(100, setting.effort().latencies / 10);
}

}  // namespace

void MeasureWatchedSend(Setting& setting, Report& report) {
  constexpr double kMost = 1.15;
  const int count = PacedLatencies(setting);
  const auto cost = [count](Stub& stub) {
    return Median(UnaryTimes(stub, count, kPause));
  };
  report.Add(RowOf("send_p50_watched", "us", BesideUnwatched(setting, cost),
                   AtMost(kMost)));
}

void MeasureWatchedCall(Setting& setting, Report& report) {
  constexpr double kMost = 1.15;
  const int count = PacedLatencies(setting);
  const auto cost = [count](Stub& stub) {
    return Median(CallTimes(stub, count, kPause));
  };
  report.Add(RowOf("call_p50_watched", "us", BesideUnwatched(setting, cost),
                   AtMost(kMost)));
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
