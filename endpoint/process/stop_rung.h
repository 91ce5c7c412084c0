// The rungs of the ladder by which a child is brought to its end.
#ifndef ENDPOINT_PROCESS_STOP_RUNG_H_
#define ENDPOINT_PROCESS_STOP_RUNG_H_

namespace thespian::gateway {

// Each waits for the child to end before the next is taken. The first is for a
// child whose stdin has been closed.
enum class StopRung { kWait, kTerminate, kKill };

}  // namespace thespian::gateway

#endif  // ENDPOINT_PROCESS_STOP_RUNG_H_
