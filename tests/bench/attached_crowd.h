// Many attached clients that say nothing and look only at what they are told of
// the endpoint.
//
// Ownership: owns the clients and their connections, a thousand on each; they
//   end in the destructor.
// Threads:   thread-compatible; driven by gRPC's threads.
// Errors:    a stream that ends by itself ends the program.
// Memory:    one response each, and what gRPC keeps for a stream.
#ifndef TESTS_BENCH_ATTACHED_CROWD_H_
#define TESTS_BENCH_ATTACHED_CROWD_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "tests/bench/setting.h"

namespace thespian::gateway::bench {

class AttachedCrowd {
 public:
  // Returns when all are attached.
  AttachedCrowd(const Subject& subject, size_t clients);
  ~AttachedCrowd();
  AttachedCrowd(const AttachedCrowd&) = delete;
  AttachedCrowd& operator=(const AttachedCrowd&) = delete;

  // Waits until each has been told that the endpoint is not running; what they
  // are told from now on counts for the next call.
  void AwaitAllToldOfEnd();
  // And that it runs.
  void AwaitAllToldOfStart();

 private:
  class Member;
  class Tally;

  const std::unique_ptr<Tally> tally_;
  std::vector<std::unique_ptr<Member>> members_;
};

}  // namespace thespian::gateway::bench

#endif  // TESTS_BENCH_ATTACHED_CROWD_H_
