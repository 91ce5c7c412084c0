// Many watchers of messages that read whatever comes and look at none of it,
// so that they cost the machine little besides what the gateway does for them.
//
// Ownership: owns the watchers and their connections; they end in the
//   destructor.
// Threads:   thread-compatible; driven by gRPC's threads.
// Errors:    a watch that ends by itself ends the program.
// Memory:    one response each.
#ifndef TESTS_BENCH_WATCHER_CROWD_H_
#define TESTS_BENCH_WATCHER_CROWD_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "tests/bench/setting.h"

namespace thespian::gateway::bench {

class WatcherCrowd {
 public:
  // Returns when the gateway has taken them all in.
  WatcherCrowd(const Subject& subject, size_t watchers);
  ~WatcherCrowd();
  WatcherCrowd(const WatcherCrowd&) = delete;
  WatcherCrowd& operator=(const WatcherCrowd&) = delete;

  // Waits until each has had something since the last call.
  void AwaitAll();

 private:
  class Member;

  std::vector<std::unique_ptr<Member>> members_;
};

}  // namespace thespian::gateway::bench

#endif  // TESTS_BENCH_WATCHER_CROWD_H_
