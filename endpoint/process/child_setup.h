// What a child is given besides its program: limits, a user, a directory and
// an environment.
//
// Ownership: a value.
#ifndef ENDPOINT_PROCESS_CHILD_SETUP_H_
#define ENDPOINT_PROCESS_CHILD_SETUP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace thespian::gateway {

// What is not set is as the gateway has it. Never has a child core dumps, or
// rights that a program (setuid) would give it.
struct ChildSetup {
  std::optional<uint64_t> memory_bytes;  // of address space
  std::optional<uint64_t> open_files;
  // If open_files is not set: how many it may have open until it raises the
  // limit itself.
  std::optional<uint64_t> soft_open_files;
  std::optional<uint64_t> cpu_seconds;
  std::string directory;  // where it starts
  std::string user;       // a name; the gateway must be root
  // The names of the variables that it gets; those that are not set here are
  // left out.
  std::optional<std::vector<std::string>> environment;

  bool operator==(const ChildSetup&) const = default;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_PROCESS_CHILD_SETUP_H_
