// Options with their values, as lines of a file that can be read back.
//
// Threads:   stateless.
// Errors:    none.
#ifndef SERVER_HOST_OPTION_PRINTING_H_
#define SERVER_HOST_OPTION_PRINTING_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace thespian::gateway {

// Every option of the App with its value, given or not, and the command.
std::string PrintConfig(const CLI::App& app,
                        const std::vector<std::string>& command);

// "names=["a", "b"]" and an end of line.
std::string PrintOption(const CLI::Option& option);
// The same of the key "command"; nothing if there is none.
std::string PrintCommand(const std::vector<std::string>& command);

}  // namespace thespian::gateway

#endif  // SERVER_HOST_OPTION_PRINTING_H_
