// The processes that a child leaves behind when it ends: they become ours, also
// when we are not PID 1, and are reaped when they end.
//
// A child itself belongs to the thread of its endpoint, which spawned it and
// alone reaps it; orphans are given to the main thread. That tells them apart.
//
// Threads:   the main thread's alone.
// Errors:    none; a system that does not know subreapers gives its orphans to
//   another process.
#ifndef SERVER_HOST_ORPHANS_H_
#define SERVER_HOST_ORPHANS_H_

#include <cstddef>

namespace thespian::gateway {

// From now on orphans of our descendants are ours.
void AdoptOrphans();

// Reaps those that have ended, at most 1,000, and returns their number.
size_t ReapOrphans();

}  // namespace thespian::gateway

#endif  // SERVER_HOST_ORPHANS_H_
