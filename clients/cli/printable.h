// Text of others on its way to a terminal.
//
// Threads:   stateless; safe from any thread.
#ifndef CLIENTS_CLI_PRINTABLE_H_
#define CLIENTS_CLI_PRINTABLE_H_

#include <string>
#include <string_view>

namespace thespian::gateway::cli {

// `text` with its control characters as \u001b and the like, so that nothing
// in it can steer a terminal or begin a line. Within JSON that is still the
// same JSON. What is not UTF-8 is replaced.
std::string Printable(std::string_view text);

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_PRINTABLE_H_
