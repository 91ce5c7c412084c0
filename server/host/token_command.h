// `thespian-gateway token create NAME`: makes a bearer token.
//
// The entry for the token file goes to stdout and the token itself to stderr,
// so that `>> tokens.toml` keeps the one and shows the other, once.
//
// Threads:   thread-compatible.
// Errors:    an exit code and one line on stderr.
#ifndef SERVER_HOST_TOKEN_COMMAND_H_
#define SERVER_HOST_TOKEN_COMMAND_H_

#include <optional>

namespace thespian::gateway {

// The exit code, if that is what the command line asks for.
std::optional<int> RunTokenCommandIfAsked(int argc, const char* const* argv);

}  // namespace thespian::gateway

#endif  // SERVER_HOST_TOKEN_COMMAND_H_
