// Puts the process itself in order, whatever it was started from and whatever
// becomes of it.
//
// Threads:   main's, before there are others.
// Errors:    none; what the system refuses stays as it was.
#ifndef SERVER_HOST_PROCESS_SETUP_H_
#define SERVER_HOST_PROCESS_SETUP_H_

#include <cstdint>
#include <optional>

namespace thespian::gateway {

// Signals that an exec passes on ignored or blocked are neither any more. And
// no other process may look into this one's memory, unless the environment has
// kDumpableVariable: tokens are in it. The first thing main does.
//
// Whoever links this has also had descriptors 0 to 2 opened, on /dev/null, if
// they were closed.
void PrepareProcess();

// Set to anything, for debuggers.
inline constexpr char kDumpableVariable[] = "THESPIAN_DUMPABLE";

// As many descriptors as the system lets the process have. Returns what it had
// before, which its children should get; nothing if it can't tell.
std::optional<uint64_t> RaiseDescriptorLimit();

}  // namespace thespian::gateway

#endif  // SERVER_HOST_PROCESS_SETUP_H_
