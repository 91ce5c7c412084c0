#include <benchmark/benchmark.h>
#include <cbor.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "endpoint/check.h"
#include "endpoint/wire/message.h"
#include "tests/bench/echo_stream.h"
#include "tests/bench/pair_row.h"
#include "tests/bench/rows.h"
#include "tests/bench/sample.h"
#include "tests/support/allocations.h"

namespace thespian::gateway::bench {
namespace {

std::string Content() {
  const std::string payload = PayloadOf(64);
  std::string frame;
  AppendFrame(SendMessage{.from = {1'234}, .to = {5'678}, .payload = payload},
              frame);
  return frame.substr(kFrameHeadBytes);
}

void OurCodec(benchmark::State& state) {
  const std::string content = Content();
  std::string frame;
  frame.reserve(2 * content.size());
  StartCounting();
  for (auto _ : state) {
    const absl::StatusOr<Message> message = DecodeMessage(content);
    frame.clear();
    AppendFrame(std::get<SendMessage>(*message), frame);
    benchmark::DoNotOptimize(frame.data());
  }
  state.counters["allocations"] =
      benchmark::Counter(static_cast<double>(CountedAllocations().count),
                         benchmark::Counter::kAvgIterations);
}

void Libcbor(benchmark::State& state) {
  const std::string content = Content();
  const auto* bytes = reinterpret_cast<cbor_data>(content.data());
  for (auto _ : state) {
    cbor_load_result result;
    cbor_item_t* item =
        cbor_load(bytes, content.size(), &result);  // NOLINT(house)
    unsigned char* written = nullptr;
    size_t size = 0;
    cbor_serialize_alloc(item, &written, &size);
    benchmark::DoNotOptimize(written);
    std::free(written);
    cbor_decref(&item);
  }
}

// Keeps what the benchmarks tell.
class Results final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      nanoseconds_.push_back(run.GetAdjustedCPUTime());
      const auto counter = run.counters.find("allocations");
      if (counter != run.counters.end()) allocations_ = counter->second.value;
    }
  }

  const std::vector<double>& nanoseconds() const { return nanoseconds_; }
  double allocations() const { return allocations_; }

 private:
  std::vector<double> nanoseconds_;
  double allocations_ = 0;
};

Results Run(const char* name, double seconds,
            void (*codec)(benchmark::State&)) {
  benchmark::ClearRegisteredBenchmarks();
  benchmark::RegisterBenchmark(name, codec)->MinTime(seconds);
  Results results;
  benchmark::RunSpecifiedBenchmarks(&results);
  return results;
}

}  // namespace

void MeasureCodec(Setting& setting, Report& report) {
  constexpr double kMostRatio = 0.1;
  constexpr double kSeconds = 0.1;
  double allocations = 0;
  const Pair pair = InTurns(
      setting.effort().rounds,
      [&] {
        const Results results = Run("ours", kSeconds, OurCodec);
        allocations = results.allocations();
        return Median(results.nanoseconds());
      },
      [&] { return Median(Run("libcbor", kSeconds, Libcbor).nanoseconds()); });
  report.Add(RowOf("codec", "ns", pair, AtMost(kMostRatio)));
  report.Add({.name = "codec_allocations",
              .unit = "1/frame",
              .value = allocations,
              .goal = {.kind = Goal::Kind::kValueAtMost, .bound = 0}});
}

}  // namespace thespian::gateway::bench
