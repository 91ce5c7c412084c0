#include "tests/bench/echo_load.h"

#include <cstdint>
#include <memory>
#include <thread>

namespace thespian::gateway::bench {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

Throughput Echo(const Subject& subject, const std::vector<EchoLoad>& loads,
                std::chrono::nanoseconds duration) {
  constexpr int kWarmUpShare = 5;
  std::vector<std::unique_ptr<Stub>> stubs;
  std::vector<std::unique_ptr<EchoStream>> streams;
  for (const EchoLoad& load : loads) {
    stubs.push_back(subject.NewStub());
    streams.push_back(std::make_unique<EchoStream>(*stubs.back(), load));
  }
  const auto echoes = [&streams] {
    uint64_t sum = 0;
    for (const auto& stream : streams) sum += stream->echoes();
    return sum;
  };
  for (const auto& stream : streams) stream->Begin();
  std::this_thread::sleep_for(duration / kWarmUpShare);  // NOLINT(house)
  const uint64_t before = echoes();
  const double cpu_before = subject.CpuSeconds();
  const Clock::time_point start = Clock::now();
  std::this_thread::sleep_for(duration);  // NOLINT(house)
  const auto done = static_cast<double>(echoes() - before);
  const std::chrono::duration<double> took = Clock::now() - start;
  const double cpu = subject.CpuSeconds() - cpu_before;
  for (const auto& stream : streams) stream->Stop();
  for (const auto& stream : streams) stream->Rest();
  constexpr double kMicroseconds = 1e6;
  return {.rate = done / took.count(),
          .cpu_micros = kMicroseconds * cpu / done};
}

Throughput Echo(const Subject& subject, size_t clients, const EchoLoad& load,
                std::chrono::nanoseconds duration) {
  return Echo(subject, std::vector<EchoLoad>(clients, load), duration);
}

double EchoRate(const Subject& subject, size_t clients, const EchoLoad& load,
                std::chrono::nanoseconds duration) {
  return Echo(subject, clients, load, duration).rate;
}

std::vector<double> EchoTimes(Subject& subject, int count) {
  EchoStream stream(subject.stub(),
                    {.most = static_cast<uint64_t>(count), .timed = true});
  stream.Begin();
  stream.Rest();
  return stream.times();
}

}  // namespace thespian::gateway::bench
