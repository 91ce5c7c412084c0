// `thespian-gateway explain`: which rule decides a request, by the code that a
// gateway decides by.
//
// Threads:   thread-compatible.
// Errors:    an exit code and one line on stderr.
#ifndef SERVER_HOST_EXPLAIN_COMMAND_H_
#define SERVER_HOST_EXPLAIN_COMMAND_H_

#include <optional>

namespace thespian::gateway {

// The exit code, if that is what the command line asks for: 0 for what is
// allowed, 1 for what is denied.
std::optional<int> RunExplainCommandIfAsked(int argc, const char* const* argv);

}  // namespace thespian::gateway

#endif  // SERVER_HOST_EXPLAIN_COMMAND_H_
