// Rows about two that were measured in turns.
//
// Threads: stateless; safe from any thread.
#ifndef TESTS_BENCH_PAIR_ROW_H_
#define TESTS_BENCH_PAIR_ROW_H_

#include <string>
#include <utility>

#include "tests/bench/report.h"
#include "tests/bench/sample.h"

namespace thespian::gateway::bench {

inline Row RowOf(std::string name, std::string unit, const Pair& pair,
                 Goal goal) {
  return {.name = std::move(name),
          .unit = std::move(unit),
          .value = pair.value,
          .yardstick = pair.yardstick,
          .ratio = pair.ratio,
          .goal = goal};
}

inline Goal AtLeast(double ratio) {
  return {.kind = Goal::Kind::kRatioAtLeast, .bound = ratio};
}

inline Goal AtMost(double ratio) {
  return {.kind = Goal::Kind::kRatioAtMost, .bound = ratio};
}

}  // namespace thespian::gateway::bench

#endif  // TESTS_BENCH_PAIR_ROW_H_
