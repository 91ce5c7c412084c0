// Figures of a benchmark: latencies, medians, and two subjects measured in
// turns.
//
// Threads: stateless; safe from any thread.
#ifndef TESTS_BENCH_SAMPLE_H_
#define TESTS_BENCH_SAMPLE_H_

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <ratio>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "endpoint/check.h"

namespace thespian::gateway::bench {

template <typename Unit>
double Since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, Unit>(std::chrono::steady_clock::now() -
                                             start)
      .count();
}

// What each of `count` steps takes, one after the other, in microseconds.
inline std::vector<double> TimesOf(int count, absl::FunctionRef<void()> step) {
  std::vector<double> times;
  for (int i = 0; i < count; ++i) {
    const auto start = std::chrono::steady_clock::now();
    step();
    times.push_back(Since<std::micro>(start));
  }
  return times;
}

// The value that `share` (0 to 1) of all values do not exceed.
inline double Quantile(std::vector<double> values, double share) {
  Check(!values.empty(), "something was measured");
  const auto place =
      static_cast<size_t>(share * static_cast<double>(values.size() - 1) + 0.5);
  std::nth_element(values.begin(), values.begin() + place, values.end());
  return values[place];
}

inline double Median(std::vector<double> values) {
  return Quantile(std::move(values), 0.5);
}

// Medians of rounds in which both took their turn, and the median of their
// ratios: what disturbs the machine for longer than a round disturbs both.
struct Pair {
  double value = 0;
  double yardstick = 0;
  double ratio = 0;
};

using Measure = absl::FunctionRef<double()>;

// A pair for each yardstick.
inline std::vector<Pair> InTurns(int rounds, Measure subject,
                                 std::initializer_list<Measure> yardsticks) {
  std::vector<double> values;
  std::vector<std::vector<double>> yards(yardsticks.size());
  std::vector<std::vector<double>> ratios(yardsticks.size());
  for (int i = 0; i < rounds; ++i) {
    values.push_back(subject());
    size_t place = 0;
    for (const Measure& yardstick : yardsticks) {
      yards[place].push_back(yardstick());
      ratios[place].push_back(values.back() / yards[place].back());
      ++place;
    }
  }
  std::vector<Pair> pairs;
  for (size_t i = 0; i < yards.size(); ++i) {
    pairs.push_back({Median(values), Median(yards[i]), Median(ratios[i])});
  }
  return pairs;
}

inline Pair InTurns(int rounds, Measure subject, Measure yardstick) {
  return InTurns(rounds, subject, {yardstick}).front();
}

}  // namespace thespian::gateway::bench

#endif  // TESTS_BENCH_SAMPLE_H_
