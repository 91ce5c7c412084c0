// Kills the gateway's child again and again, at moments that nobody can guess.
//
// Ownership: owns its thread, which ends in the destructor.
// Threads:   thread-compatible.
// Errors:    faults, in the tally.
#ifndef TESTS_SOAK_CHILD_KILLER_H_
#define TESTS_SOAK_CHILD_KILLER_H_

#include <sys/types.h>

#include <cstdint>
#include <thread>

#include "clients/cpp/client.h"
#include "tests/soak/tally.h"

namespace thespian::gateway::soak {

class ChildKiller {
 public:
  // The next child is killed 2 s after the last, on average. `client` and
  // `tally` outlive it.
  ChildKiller(client::Client& client, pid_t gateway, uint32_t seed,
              Tally& tally);

 private:
  void Run(const std::stop_token& stop, uint32_t seed);
  void KillOne();

  client::Client& client_;
  const pid_t gateway_;
  Tally& tally_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace thespian::gateway::soak

#endif  // TESTS_SOAK_CHILD_KILLER_H_
