// bench: what the gateway costs, side by side with what its work costs without
// it. docs/performance.md says what each row is.
//
// Exit codes: 0 all goals are met, 1 some goal is missed, 64 wrong usage, 70
// something could not be started.
#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "CLI/CLI.hpp"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"
#include "tests/bench/report.h"
#include "tests/bench/rows.h"
#include "tests/bench/setting.h"

namespace thespian::gateway::bench {
namespace {

constexpr int kExitMissed = 1;
constexpr int kExitUsage = 64;
constexpr int kExitSoftware = 70;

struct Benchmark {
  std::string_view name;
  void (*measure)(Setting&, Report&);
};

constexpr std::array kBenchmarks = {
    Benchmark{"unary_rate", MeasureUnaryRate},
    Benchmark{"unary_p50", MeasureUnaryTime},
    Benchmark{"call_p50", MeasureCallTime},
    Benchmark{"pipe_rtt_p50", MeasurePipeTime},
    Benchmark{"attach_rtt_p50", MeasureAttachTime},
    Benchmark{"attach_rate", MeasureAttachRate},
    Benchmark{"attach_rate_100", MeasureAttachRateOf100},
    Benchmark{"call_beside_flood", MeasureCallBesideFlood},
    Benchmark{"codec", MeasureCodec},
    Benchmark{"watch_fanout", MeasureWatchFanout},
    Benchmark{"send_p50_watched", MeasureWatchedSend},
    Benchmark{"call_p50_watched", MeasureWatchedCall},
    Benchmark{"rate_watched", MeasureWatchedRate},
    Benchmark{"idle_wakeup", MeasureIdleWakeup},
    Benchmark{"start", MeasureStart},
    Benchmark{"rss", MeasureMemory},
    Benchmark{"growth", MeasureGrowth},
    Benchmark{"restart", MeasureRestart},
    Benchmark{"large", MeasureLarge},
    Benchmark{"two_endpoints", MeasureTwoEndpoints},
    Benchmark{"relayed", MeasureRelayed},
    Benchmark{"on_demand_start", MeasureOnDemandStart},
    Benchmark{"secured", MeasureSecured},
    Benchmark{"call_beside_limited", MeasureCallBesideLimited},
    Benchmark{"rivals", MeasureRivals},
};

struct Options {
  bool quick = false;
  std::string json;
  std::vector<std::string> only;
  std::string logs = ".";
};

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const Benchmark& benchmark : kBenchmarks) {
    names.emplace_back(benchmark.name);
  }
  return names;
}

int Run(const Options& options) {
  Report report;
  Setting setting(options.quick ? QuickEffort() : Effort{}, options.logs);
  for (const Benchmark& benchmark : kBenchmarks) {
    const bool wanted = options.only.empty() ||
                        std::find(options.only.begin(), options.only.end(),
                                  benchmark.name) != options.only.end();
    if (wanted) benchmark.measure(setting, report);
  }
  if (!options.json.empty()) {
    const absl::Status written = report.WriteJson(options.json);
    if (!written.ok()) {
      fmt::print(stderr, "bench: {}\n", MessageOf(written));
      return kExitSoftware;
    }
  }
  return report.passed() ? 0 : kExitMissed;
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app("What the gateway costs, beside bare gRPC and bare pipes.");
  app.add_flag("--quick", options.quick,
               "Less than 100 seconds, and less exact.");
  app.add_option("--json", options.json, "Write the rows to a file, too.");
  app.add_option("--only", options.only, "Just these; may be repeated.")
      ->check(CLI::IsMember(Names()));
  app.add_option("--logs", options.logs, "The directory for the logs.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  return Run(options);
}

}  // namespace
}  // namespace thespian::gateway::bench

int main(int argc, char** argv) {
  return thespian::gateway::bench::Main(argc, argv);
}
