// Ids as thespian writes them: tagged with the side that they are from.
#ifndef TESTS_SUPPORT_THESPIAN_MODEL_IDS_H_
#define TESTS_SUPPORT_THESPIAN_MODEL_IDS_H_

#include <compare>
#include <cstdint>

namespace thespian::gateway::model {

// An actor of this process; 0 is nobody. They are counted from 1.
struct ActorId {
  uint64_t value = 0;

  friend auto operator<=>(ActorId, ActorId) = default;
};

// ["LPID", n]: an actor of whoever writes.
struct Lpid {
  uint64_t value = 0;
};

// ["RPID", n]: an actor of whoever reads.
struct Rpid {
  uint64_t value = 0;

  friend auto operator<=>(Rpid, Rpid) = default;
};

}  // namespace thespian::gateway::model

#endif  // TESTS_SUPPORT_THESPIAN_MODEL_IDS_H_
