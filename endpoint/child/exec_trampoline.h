// The few steps between spawn and exec that posix_spawn has no words for. The
// gateway spawns itself with a secret first argument; that process ties its
// life to the gateway's and becomes the child.
//
// A failure to exec is reported to the gateway through descriptor 3, as an
// errno in text; success closes that descriptor without a byte.
//
// Threads:   RunTrampolineIfAsked is the first thing main does.
#ifndef ENDPOINT_CHILD_EXEC_TRAMPOLINE_H_
#define ENDPOINT_CHILD_EXEC_TRAMPOLINE_H_

#include <optional>
#include <string>
#include <vector>

namespace thespian::gateway {

// Where the trampoline reports; closed by exec.
inline constexpr int kExecReportFd = 3;

// The arguments that make a program which calls RunTrampolineIfAsked become
// `command`, which must not outlive the process `parent`.
std::vector<std::string> TrampolineArguments(
    int parent, const std::vector<std::string>& command);

// Does not return if the arguments are those of TrampolineArguments and the
// exec succeeds. The exit code to end with if it fails; nothing if this is an
// ordinary start.
std::optional<int> RunTrampolineIfAsked(int argc, char** argv);

}  // namespace thespian::gateway

#endif  // ENDPOINT_CHILD_EXEC_TRAMPOLINE_H_
