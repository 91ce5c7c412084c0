#include "server/host/memory_trimmer.h"

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

namespace thespian::gateway {
namespace {

// 0: unknown.
size_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  size_t pages = 0;
  size_t resident_pages = 0;
  statm >> pages >> resident_pages;
  return resident_pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

std::chrono::nanoseconds CpuTime() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto time = [](const timeval& t) {
    return std::chrono::seconds(t.tv_sec) +
           std::chrono::microseconds(t.tv_usec);
  };
  return time(used.ru_utime) + time(used.ru_stime);
}

TrimPolicy::Sample SampleAt(TrimPolicy::TimePoint now) {
  return {.time = now, .resident_bytes = ResidentBytes(), .cpu = CpuTime()};
}

}  // namespace

bool TrimPolicy::Wants(const Sample& sample) {
  const bool quiet = (sample.cpu - last_.cpu) * 100 <=
                     (sample.time - last_.time) * kQuietPercent;
  last_ = sample;
  const bool large =
      sample.resident_bytes > first_.resident_bytes + kSlackBytes;
  const auto pause = sample.time - trimmed_;
  const bool worked = sample.cpu - looked_cpu_ >= kWork;
  if (!large || !worked || pause < (quiet ? kQuietPause : kBusyPause)) {
    return false;
  }
  trimmed_ = sample.time;
  // What a busy process freed meanwhile is worth another look.
  if (quiet) looked_cpu_ = sample.cpu;
  return true;
}

MemoryTrimmer::MemoryTrimmer()
    : policy_(SampleAt(std::chrono::steady_clock::now())) {}

void MemoryTrimmer::Tick(TrimPolicy::TimePoint now) {
  if (policy_.Wants(SampleAt(now))) malloc_trim(0);
}

}  // namespace thespian::gateway
