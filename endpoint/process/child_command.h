// How a child is started, and how long it has to end.
//
// Ownership: a value.
#ifndef ENDPOINT_PROCESS_CHILD_COMMAND_H_
#define ENDPOINT_PROCESS_CHILD_COMMAND_H_

#include <chrono>
#include <string>
#include <vector>

#include "endpoint/process/child_setup.h"

namespace thespian::gateway {

class GroupGuard;

struct ChildCommand {
  std::vector<std::string> arguments;  // the program first; no shell
  ChildSetup setup;
  std::string trampoline = "/proc/self/exe";
  // Is told of the child's group. Borrowed; null: none.
  const GroupGuard* guard = nullptr;
  // How long each rung of the stop ladder waits for the child to end.
  std::chrono::milliseconds stop_grace{5'000};

  bool operator==(const ChildCommand&) const = default;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_PROCESS_CHILD_COMMAND_H_
