// The few steps between spawn and exec that posix_spawn has no words for. The
// gateway spawns itself with a secret first argument; that process sets itself
// up, ties its life to the gateway's and becomes the child: a program, or a
// script that begins with "#!"; nothing else is given to a shell.
//
// A failure is reported to the gateway through descriptor 3, as an errno and
// the step that failed; success closes that descriptor without a byte.
//
// Threads:   RunTrampolineIfAsked is the first thing main does.
#ifndef ENDPOINT_PROCESS_EXEC_TRAMPOLINE_H_
#define ENDPOINT_PROCESS_EXEC_TRAMPOLINE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "endpoint/process/child_setup.h"

namespace thespian::gateway {

// Where the trampoline reports; closed by exec.
inline constexpr int kExecReportFd = 3;
// Longest report, in bytes.
inline constexpr size_t kMaxExecReportBytes = 64;

// The arguments that make a program which calls RunTrampolineIfAsked become
// `command`, which must not outlive the process `parent`.
std::vector<std::string> TrampolineArguments(
    int parent, const ChildSetup& setup,
    const std::vector<std::string>& command);

// Does not return if the arguments are those of TrampolineArguments and the
// exec succeeds. The exit code to end with if it fails; nothing if this is an
// ordinary start.
std::optional<int> RunTrampolineIfAsked(int argc, char** argv);

// What a report says went wrong when `program` was to be started.
absl::Status ReadExecReport(std::string_view report, std::string_view program);

}  // namespace thespian::gateway

#endif  // ENDPOINT_PROCESS_EXEC_TRAMPOLINE_H_
