// The demo child's echo driven over pipes, without a gateway.
//
// Ownership: owns the child.
// Threads:   thread-compatible.
// Errors:    a child that does not answer ends the program.
#ifndef TESTS_BENCH_PIPE_ECHO_H_
#define TESTS_BENCH_PIPE_ECHO_H_

#include <memory>
#include <vector>

#include "tests/support/piped_child.h"

namespace thespian::gateway::bench {

class PipeEcho {
 public:
  PipeEcho();
  // What one round trip after another takes, in microseconds.
  std::vector<double> Times(int count, size_t payload_bytes = 64);
  // The same with both ends held to these cores.
  std::vector<double> TimesOn(int own_core, int child_core, int count);

 private:
  std::unique_ptr<PipedChild> child_;
};

}  // namespace thespian::gateway::bench

#endif  // TESTS_BENCH_PIPE_ECHO_H_
