#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "endpoint/check.h"
#include "fmt/format.h"
#include "tests/bench/echo_stream.h"
#include "tests/bench/pair_row.h"
#include "tests/bench/rows.h"
#include "tests/bench/sample.h"
#include "tests/bench/unary_load.h"
#include "tests/bench/watch_stream.h"

namespace thespian::gateway::bench {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// --- Watchers --------------------------------------------------------------

// CPU seconds of `sends` SendNamed, one at a time, and as many events.
double CpuOfSends(Subject& subject, int sends,
                  std::vector<std::unique_ptr<WatchStream>>& watchers) {
  const double before = subject.CpuSeconds();
  UnaryTimes(subject.stub(), sends);
  for (const auto& watcher : watchers) {
    watcher->Await(static_cast<uint64_t>(sends));
  }
  return subject.CpuSeconds() - before;
}

// CPU microseconds for each event and watcher.
double FanoutCpu(Subject& subject, int sends) {
  constexpr size_t kWatchers = 100;
  std::vector<std::unique_ptr<WatchStream>> watchers;
  const double alone = CpuOfSends(subject, sends, watchers);
  for (size_t i = 0; i < kWatchers; ++i) {
    watchers.push_back(std::make_unique<WatchStream>(subject.NewStub()));
  }
  const double watched = CpuOfSends(subject, sends, watchers);
  constexpr double kMicroseconds = 1e6;
  return kMicroseconds * (watched - alone) /
         (static_cast<double>(sends) * static_cast<double>(kWatchers));
}

// --- Memory ----------------------------------------------------------------

// Bytes for each attached client that does nothing.
double ClientBytes(Subject& subject) {
  constexpr size_t kFirst = 50;  // for what is there only once
  constexpr size_t kClients = 300;
  std::vector<std::unique_ptr<Stub>> stubs;
  std::vector<std::unique_ptr<EchoStream>> streams;
  const auto attach = [&](size_t count) {
    for (size_t i = 0; i < count; ++i) {
      stubs.push_back(subject.NewStub());
      streams.push_back(
          std::make_unique<EchoStream>(*stubs.back(), EchoLoad{}));
    }
  };
  attach(kFirst);
  const double before = subject.RssBytes();
  attach(kClients);
  return (subject.RssBytes() - before) / static_cast<double>(kClients);
}

// Has the demo child start so many actors, each of which speaks.
void MakeProxies(Subject& subject, uint64_t count) {
  EchoStream spawner(
      subject.stub(),
      {.actor = "spawner", .batch = 100, .window = 1'000, .most = count});
  spawner.Begin();
  spawner.Rest();
}

// --- Growth ----------------------------------------------------------------

// CPU microseconds of the gateway for each message to echo and back.
double CpuOfMessages(const Subject& subject, size_t clients,
                     milliseconds duration) {
  std::vector<std::unique_ptr<Stub>> stubs;
  std::vector<std::unique_ptr<EchoStream>> streams;
  for (size_t i = 0; i < clients; ++i) {
    // A connection carries the streams of many clients.
    constexpr size_t kStreamsPerConnection = 10;
    if (i % kStreamsPerConnection == 0) stubs.push_back(subject.NewStub());
    streams.push_back(std::make_unique<EchoStream>(
        *stubs.back(), EchoLoad{.batch = 16, .window = 64}));
  }
  const double before = subject.CpuSeconds();
  for (const auto& stream : streams) stream->Begin();
  std::this_thread::sleep_for(duration);  // NOLINT(house)
  for (const auto& stream : streams) stream->Stop();
  for (const auto& stream : streams) stream->Rest();
  double echoes = 0;
  for (const auto& stream : streams) {
    echoes += static_cast<double>(stream->echoes());
  }
  constexpr double kMicroseconds = 1e6;
  return kMicroseconds * (subject.CpuSeconds() - before) / echoes;
}

void AddGrowth(const std::string& name, const Pair& pair, Report& report) {
  constexpr double kMost = 1.25;
  report.Add(RowOf(name, "us CPU", pair, AtMost(kMost)));
}

void MeasureGrowthOverClients(Setting& setting, Report& report) {
  const milliseconds duration = 2 * setting.effort().round;
  const int rounds = std::max(1, setting.effort().rounds / 3);
  std::vector<size_t> steps = {10, 100, 1'000};
  if (setting.effort().quick) steps.pop_back();
  for (const size_t clients : steps) {
    const auto cost = [&](size_t count) {
      return CpuOfMessages(setting.gateway(), count, duration);
    };
    AddGrowth(
        fmt::format("growth_clients_{}", clients),
        InTurns(
            rounds, [&] { return cost(clients); }, [&] { return cost(1); }),
        report);
  }
}

void MeasureGrowthOverProxies(Setting& setting, Report& report) {
  const milliseconds duration = 2 * setting.effort().round;
  const int rounds = std::max(1, setting.effort().rounds / 3);
  Subject few = setting.NewGateway();
  Subject many = setting.NewGateway();
  uint64_t live = 0;
  std::vector<uint64_t> steps = {1'000, 1'000'000};
  if (setting.effort().quick) steps = {1'000, 100'000};
  for (const uint64_t proxies : steps) {
    MakeProxies(many, proxies - live);
    live = proxies;
    const auto cost = [&](const Subject& subject) {
      return CpuOfMessages(subject, /*clients=*/1, duration);
    };
    AddGrowth(
        fmt::format("growth_proxies_{}", proxies),
        InTurns(
            rounds, [&] { return cost(many); }, [&] { return cost(few); }),
        report);
  }
}

// --- Start -----------------------------------------------------------------

double StartTime(const Setting& setting) {
  const Clock::time_point start = Clock::now();
  const Subject gateway = setting.NewGateway();
  return Since<std::milli>(start);
}

double VersionTime() {
  const Clock::time_point start = Clock::now();
  const std::string command =
      fmt::format("'{}' --version >/dev/null", TG_GATEWAY);
  const int outcome = std::system(command.c_str());  // NOLINT(house)
  Check(outcome == 0, "the gateway tells its version");
  return Since<std::milli>(start);
}

}  // namespace

void MeasureWatchFanout(Setting& setting, Report& report) {
  constexpr double kMost = 1.3;
  const int sends = setting.effort().quick ? 500 : 3'000;
  const int rounds = std::max(1, setting.effort().rounds / 3);
  const Pair pair = InTurns(
      rounds, [&] { return FanoutCpu(setting.gateway(), sends); },
      [&] { return FanoutCpu(setting.bare(), sends); });
  report.Add(RowOf("watch_fanout", "us CPU", pair, AtMost(kMost)));
}

void MeasureStart(Setting& setting, Report& report) {
  constexpr double kMostMs = 30;
  const Pair pair = InTurns(
      3 * setting.effort().rounds, [&] { return StartTime(setting); },
      [] { return VersionTime(); });
  report.Add({.name = "start",
              .unit = "ms",
              .value = pair.value,
              .yardstick = pair.yardstick,
              .goal = {.kind = Goal::Kind::kExcessAtMost, .bound = kMostMs}});
}

void MeasureMemory(Setting& setting, Report& report) {
  constexpr double kMostRatio = 1.15;
  constexpr double kMostBytes = 128;
  Subject gateway = setting.NewGateway();
  Subject bare = setting.NewBare();
  const double client = ClientBytes(gateway);
  const double bare_client = ClientBytes(bare);
  report.Add(RowOf("rss_client", "bytes",
                   {client, bare_client, client / bare_client},
                   AtMost(kMostRatio)));
  // The first fill what is there only once, such as the journal.
  constexpr uint64_t kFirst = 100'000;
  const uint64_t proxies = setting.effort().quick ? 200'000 : 1'000'000;
  MakeProxies(gateway, kFirst);
  const double before = gateway.RssBytes();
  MakeProxies(gateway, proxies);
  report.Add(
      {.name = "rss_proxy",
       .unit = "bytes",
       .value = (gateway.RssBytes() - before) / static_cast<double>(proxies),
       .goal = {.kind = Goal::Kind::kValueAtMost, .bound = kMostBytes}});
}

void MeasureGrowth(Setting& setting, Report& report) {
  MeasureGrowthOverClients(setting, report);
  MeasureGrowthOverProxies(setting, report);
}

}  // namespace thespian::gateway::bench
