// Where an endpoint of the model reads and writes.
//
// Ownership: borrows the descriptors.
#ifndef TESTS_SUPPORT_THESPIAN_MODEL_WIRE_H_
#define TESTS_SUPPORT_THESPIAN_MODEL_WIRE_H_

#include <unistd.h>

#include <string_view>

namespace thespian::gateway::model {

struct Wire {
  int in = STDIN_FILENO;
  int out = STDOUT_FILENO;
  // What it says, and ends with, when nothing more can be read.
  std::string_view goodbye = "stdin_closed";
};

inline constexpr Wire SocketWire(int fd) {
  return {.in = fd, .out = fd, .goodbye = "peer_closed"};
}

}  // namespace thespian::gateway::model

#endif  // TESTS_SUPPORT_THESPIAN_MODEL_WIRE_H_
