#include <algorithm>
#include <memory>
#include <vector>

#include "tests/bench/echo_load.h"
#include "tests/bench/echo_stream.h"
#include "tests/bench/pair_row.h"
#include "tests/bench/rows.h"
#include "tests/bench/sample.h"
#include "tests/bench/unary_load.h"

namespace thespian::gateway::bench {
namespace {

// So much is on its way that the client never waits for an answer: what it
// waits for is that its last write is taken.
constexpr size_t kFloodWindow = 128 * kBatch;
constexpr double kTail = 0.99;

struct CallTime {
  double median = 0;
  double tail = 0;
};

CallTime CallTimeOf(Subject& subject, int count) {
  const std::vector<double> times = CallTimes(subject.stub(), count);
  return {.median = Median(times), .tail = Quantile(times, kTail)};
}

// The gateway's other client sends what nobody waits for.
CallTime CallTimeBesideFlood(Subject& subject, int count) {
  const std::unique_ptr<Stub> connection = subject.NewStub();
  EchoStream flood(*connection, {.batch = kBatch, .window = kFloodWindow});
  flood.Begin();
  // One call goes first, by which time the flood is there.
  CallTimes(subject.stub(), 1);
  const CallTime time = CallTimeOf(subject, count);
  flood.Rest();
  return time;
}

Pair PairOf(const std::vector<CallTime>& beside,
            const std::vector<CallTime>& alone, double CallTime::*figure) {
  std::vector<double> values;
  std::vector<double> yards;
  std::vector<double> ratios;
  for (size_t i = 0; i < beside.size(); ++i) {
    values.push_back(beside[i].*figure);
    yards.push_back(alone[i].*figure);
    ratios.push_back(values.back() / yards.back());
  }
  return {Median(values), Median(yards), Median(ratios)};
}

}  // namespace

void MeasureCallBesideFlood(Setting& setting, Report& report) {
  constexpr double kMost = 2;
  // A call beside a flood may take a hundred times as long.
  const int count = std::max(100, setting.effort().latencies / 10);
  std::vector<CallTime> beside;
  std::vector<CallTime> alone;
  for (int i = 0; i < setting.effort().rounds; ++i) {
    beside.push_back(CallTimeBesideFlood(setting.gateway(), count));
    alone.push_back(CallTimeOf(setting.gateway(), count));
  }
  report.Add(RowOf("call_beside_flood", "us",
                   PairOf(beside, alone, &CallTime::median), AtMost(kMost)));
  report.Add(RowOf("call_beside_flood_p99", "us",
                   PairOf(beside, alone, &CallTime::tail), AtMost(kMost)));
}

}  // namespace thespian::gateway::bench
