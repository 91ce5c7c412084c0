#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "fmt/format.h"
#include "tests/bench/echo_load.h"
#include "tests/bench/pair_row.h"
#include "tests/bench/rows.h"
#include "tests/bench/websocket_load.h"
#include "tests/bench/websocketd.h"

namespace thespian::gateway::bench {
namespace {

constexpr double kPar = 1;

// A server that holds the actor itself, as one would write it by hand.
Subject StartPythonServer(const Setting& setting) {
  if (access(TG_PYTHON, X_OK) != 0) {
    fmt::print(stderr,
               "bench: {} is missing; clients/python/build.sh build makes it\n",
               TG_PYTHON);
    std::exit(70);
  }
  return {{TG_PYTHON, TG_RIVAL_SERVER},
          setting.LogOf("rival_server"),
          /*program_words=*/2};
}

void MeasureTimes(Setting& setting, const Websocketd& websocketd,
                  Subject& python, Report& report) {
  const int count = setting.effort().latencies;
  const auto time = [count](Subject& subject) {
    return Median(EchoTimes(subject, count));
  };
  const std::vector<Pair> pairs =
      InTurns(setting.effort().rounds, [&] { return time(setting.gateway()); },
              {[&] { return Median(WebSocketTimes(websocketd.port(), count)); },
               [&] { return time(python); }});
  report.Add(RowOf("websocketd_rtt", "us", pairs[0], {}));
  report.Add(RowOf("python_rtt", "us", pairs[1], AtMost(kPar)));
}

// websocketd has no batches: each message goes by itself.
void MeasureRates(Setting& setting, const Websocketd& websocketd,
                  const Subject& python, Report& report) {
  const std::chrono::milliseconds duration = setting.effort().round;
  const auto rate = [duration](const Subject& subject) {
    return EchoRate(subject, /*clients=*/1,
                    {.batch = kBatch, .window = kWindow}, duration);
  };
  const std::vector<Pair> pairs = InTurns(
      setting.effort().rounds, [&] { return rate(setting.gateway()); },
      {[&] {
         return WebSocketRate(websocketd.port(), kBatch, kWindow, duration);
       },
       [&] { return rate(python); }});
  report.Add(RowOf("websocketd_rate", "1/s", pairs[0], AtLeast(kPar)));
  report.Add(RowOf("python_rate", "1/s", pairs[1], AtLeast(kPar)));
}

}  // namespace

void MeasureRivals(Setting& setting, Report& report) {
  const Websocketd websocketd(setting.LogOf("websocketd"));
  Subject python = StartPythonServer(setting);
  MeasureTimes(setting, websocketd, python, report);
  MeasureRates(setting, websocketd, python, report);
}

}  // namespace thespian::gateway::bench
