#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "fmt/format.h"
#include "tests/bench/echo_load.h"
#include "tests/bench/echo_stream.h"
#include "tests/bench/pair_row.h"
#include "tests/bench/pipe_echo.h"
#include "tests/bench/rows.h"
#include "tests/bench/sample.h"
#include "tests/bench/unary_load.h"

namespace thespian::gateway::bench {
namespace {

// The gateway against what the goal is about, and against the bare relay, which
// shows what the machine asks for, and seldom has a goal.
void AddRows(const std::string& name, std::string unit,
             const std::vector<Pair>& pairs, Goal goal, Report& report,
             Goal relay_goal = {}) {
  report.Add(RowOf(name, unit, pairs[0], goal));
  report.Add(RowOf(name + "_relay", std::move(unit), pairs[1], relay_goal));
}

using MeasureSubject = absl::FunctionRef<double(Subject&)>;

void AddRates(const std::string& name, Setting& setting, MeasureSubject rate,
              double least, Report& report) {
  AddRows(
      name, "1/s",
      InTurns(setting.effort().rounds, [&] { return rate(setting.gateway()); },
              {[&] { return rate(setting.bare()); },
               [&] { return rate(setting.relay()); }}),
      AtLeast(least), report);
}

void AddTimes(const std::string& name, Setting& setting, MeasureSubject time,
              double most, Report& report) {
  AddRows(
      name, "us",
      InTurns(setting.effort().rounds, [&] { return time(setting.gateway()); },
              {[&] { return time(setting.bare()); },
               [&] { return time(setting.relay()); }}),
      AtMost(most), report);
}

// Of the bare server with its pipes, and of the relay.
struct MostOfTimes {
  double bare;
  double relay;
};

// What is bare is so much longer as a round trip through a pair of pipes takes:
// by themselves, and, without a goal, if their ends are on different cores.
void AddTimesWithPipes(const std::string& name, Setting& setting,
                       MeasureSubject time, MeasureSubject bare,
                       MostOfTimes most, Report& report) {
  PipeEcho pipe;
  const int count = setting.effort().latencies;
  double last_bare = 0;
  const std::vector<Pair> pairs =
      InTurns(setting.effort().rounds, [&] { return time(setting.gateway()); },
              {[&] {
                 last_bare = bare(setting.bare());
                 return last_bare + Median(pipe.Times(count));
               },
               [&] { return time(setting.relay()); },
               [&] { return last_bare + Median(pipe.TimesOn(0, 1, count)); }});
  AddRows(name, "us", pairs, AtMost(most.bare), report, AtMost(most.relay));
  report.Add(RowOf(name + "_two_cores", "us", pairs[2], {}));
}

void MeasureOtherAttachRates(Setting& setting, Report& report) {
  const auto compare = [&](std::string name, const EchoLoad& load) {
    const auto rate = [&](const Subject& subject) {
      return EchoRate(subject, /*clients=*/1, load, setting.effort().round);
    };
    report.Add(RowOf(
        std::move(name), "1/s",
        InTurns(
            setting.effort().rounds, [&] { return rate(setting.gateway()); },
            [&] { return rate(setting.bare()); }),
        {}));
  };
  for (const size_t batch : {1, 4, 16, 64}) {
    compare(fmt::format("attach_rate_batch_{}", batch),
            {.batch = batch, .window = kWindow});
  }
  compare("attach_rate_1KiB",
          {.payload_bytes = 1 << 10, .batch = kBatch / 2, .window = kWindow});
}

// For the plot of the distribution.
void AddQuantiles(Setting& setting, Report& report) {
  const int count = setting.effort().rounds * setting.effort().latencies;
  const std::vector<double> gateway = EchoTimes(setting.gateway(), count);
  const std::vector<double> bare = EchoTimes(setting.bare(), count);
  const std::vector<double> relay = EchoTimes(setting.relay(), count);
  constexpr double kPercent = 100;
  for (const double share : {1.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0,
                             80.0, 90.0, 95.0, 99.0, 99.9}) {
    const auto add = [&](std::string_view of,
                         const std::vector<double>& times) {
      report.Add({.name = fmt::format("attach_rtt_{}_q{}", of, share),
                  .unit = "us",
                  .value = Quantile(times, share / kPercent),
                  .plotted_only = true});
    };
    add("gateway", gateway);
    add("bare", bare);
    add("relay", relay);
  }
}

}  // namespace

void MeasureUnaryRate(Setting& setting, Report& report) {
  constexpr int kInFlight = 64;
  constexpr double kLeast = 0.90;
  AddRates(
      "unary_rate", setting,
      [&](Subject& subject) {
        return UnaryRate(subject.stub(), kInFlight, setting.effort().round);
      },
      kLeast, report);
}

void MeasureUnaryTime(Setting& setting, Report& report) {
  constexpr double kMost = 1.10;
  const auto time = [&](Subject& subject) {
    return Median(UnaryTimes(subject.stub(), setting.effort().latencies));
  };
  AddTimes("unary_p50", setting, time, kMost, report);
}

void MeasureCallTime(Setting& setting, Report& report) {
  constexpr MostOfTimes kMost = {.bare = 1.10, .relay = 1.05};
  constexpr double kTail = 0.99;
  const int count = setting.effort().latencies;
  std::vector<double> tails;
  AddTimesWithPipes(
      "call_p50", setting,
      [&](Subject& subject) {
        const std::vector<double> times = CallTimes(subject.stub(), count);
        if (&subject == &setting.gateway()) {
          tails.push_back(Quantile(times, kTail));
        }
        return Median(times);
      },
      [&](Subject& bare) { return Median(UnaryTimes(bare.stub(), count)); },
      kMost, report);
  report.Add({.name = "call_p99", .unit = "us", .value = Median(tails)});
}

void MeasureIdleWakeup(Setting& setting, Report& report) {
  constexpr std::chrono::milliseconds kPause{1'050};
  constexpr double kTail = 0.99;
  constexpr double kMostUs = 5'000;
  const int count = setting.effort().quick ? 8 : 60;
  std::vector<double> bare_times;
  std::thread bare(
      [&] { bare_times = UnaryTimes(setting.bare().stub(), count, kPause); });
  const double tail =
      Quantile(UnaryTimes(setting.gateway().stub(), count, kPause), kTail);
  bare.join();
  const double bare_tail = Quantile(bare_times, kTail);
  report.Add(RowOf("idle_wakeup_p99", "us", {tail, bare_tail, tail / bare_tail},
                   {.kind = Goal::Kind::kValueAtMost, .bound = kMostUs}));
}

// What waking a process on another core takes.
void MeasurePipeTime(Setting& setting, Report& report) {
  PipeEcho pipe;
  const int count = setting.effort().latencies;
  report.Add(RowOf("pipe_rtt_two_cores", "us",
                   InTurns(
                       setting.effort().rounds,
                       [&] { return Median(pipe.TimesOn(0, 1, count)); },
                       [&] { return Median(pipe.TimesOn(0, 0, count)); }),
                   {}));
}

void MeasureAttachTime(Setting& setting, Report& report) {
  constexpr MostOfTimes kMost = {.bare = 1.05, .relay = 1.03};
  const auto time = [&](Subject& subject) {
    return Median(EchoTimes(subject, setting.effort().latencies));
  };
  AddTimesWithPipes("attach_rtt_p50", setting, time, time, kMost, report);
  if (!setting.effort().quick) AddQuantiles(setting, report);
}

void MeasureAttachRate(Setting& setting, Report& report) {
  constexpr double kLeast = 0.65;
  const EchoLoad load{.batch = kBatch, .window = kWindow};
  std::vector<double> cpu;
  std::vector<double> bare_cpu;
  AddRates(
      "attach_rate", setting,
      [&](Subject& subject) {
        const Throughput seen =
            Echo(subject, /*clients=*/1, load, setting.effort().round);
        if (&subject == &setting.gateway()) cpu.push_back(seen.cpu_micros);
        if (&subject == &setting.bare()) bare_cpu.push_back(seen.cpu_micros);
        return seen.rate;
      },
      kLeast, report);
  report.Add(RowOf(
      "attach_rate_cpu", "us CPU",
      {Median(cpu), Median(bare_cpu), Median(cpu) / Median(bare_cpu)}, {}));
  if (!setting.effort().quick) MeasureOtherAttachRates(setting, report);
}

void MeasureAttachRateOf100(Setting& setting, Report& report) {
  constexpr double kLeast = 0.80;
  constexpr size_t kClients = 100;
  const EchoLoad load{.batch = kBatch, .window = kWindow};
  const auto rate = [&](size_t clients) {
    return EchoRate(setting.gateway(), clients, load, setting.effort().round);
  };
  report.Add(RowOf("attach_rate_100", "1/s",
                   InTurns(
                       setting.effort().rounds, [&] { return rate(kClients); },
                       [&] { return rate(1); }),
                   AtLeast(kLeast)));
  if (setting.effort().quick) return;
  for (const size_t clients : {1, 10, 100, 1'000}) {
    report.Add({.name = fmt::format("attach_rate_clients_{}", clients),
                .unit = "1/s",
                .value = rate(clients),
                .plotted_only = true});
  }
}

void MeasureLarge(Setting& setting, Report& report) {
  constexpr double kLeast = 0.50;
  constexpr size_t kBytes = 16 << 10;
  const EchoLoad load{.payload_bytes = kBytes, .batch = 4, .window = 32};
  const auto rate = [&](const Subject& subject) {
    constexpr double kMebibyte = 1 << 20;
    return EchoRate(subject, /*clients=*/1, load, setting.effort().round) *
           static_cast<double>(kBytes) / kMebibyte;
  };
  report.Add(RowOf(
      "large", "MiB/s",
      InTurns(
          setting.effort().rounds, [&] { return rate(setting.gateway()); },
          [&] { return rate(setting.bare()); }),
      AtLeast(kLeast)));
}

}  // namespace thespian::gateway::bench
