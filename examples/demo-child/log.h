// Lines for people. They go to stderr: stdout belongs to the protocol.
#ifndef EXAMPLES_DEMO_CHILD_LOG_H_
#define EXAMPLES_DEMO_CHILD_LOG_H_

#include <cstdio>
#include <string_view>

namespace thespian::gateway::demo {

inline void Log(std::string_view line) {
  std::fprintf(stderr, "thespian-demo-child: %.*s\n",
               static_cast<int>(line.size()), line.data());
}

}  // namespace thespian::gateway::demo

#endif  // EXAMPLES_DEMO_CHILD_LOG_H_
