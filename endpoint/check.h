// Stops the process when the program itself is wrong. What the world does
// wrong is a Status instead.
#ifndef ENDPOINT_CHECK_H_
#define ENDPOINT_CHECK_H_

#include <cstdio>
#include <cstdlib>

namespace thespian::gateway {

// Ends the process unless `holds`; `what` names the promise that was broken.
inline void Check(bool holds, const char* what) {
  if (holds) [[likely]]
    return;
  std::fprintf(stderr, "bug: broken promise: %s\n", what);
  std::abort();
}

}  // namespace thespian::gateway

#endif  // ENDPOINT_CHECK_H_
