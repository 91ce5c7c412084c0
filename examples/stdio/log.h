// Lines for people. They go to stderr: stdout belongs to the protocol.
//
// Threads:   safe from any thread: a line is written as a whole.
#ifndef EXAMPLES_STDIO_LOG_H_
#define EXAMPLES_STDIO_LOG_H_

#include <errno.h>

#include <cstdio>
#include <string_view>

namespace thespian::gateway::stdio {

inline void Log(std::string_view line) {
  std::fprintf(stderr, "%s: %.*s\n", program_invocation_short_name,
               static_cast<int>(line.size()), line.data());
}

}  // namespace thespian::gateway::stdio

#endif  // EXAMPLES_STDIO_LOG_H_
