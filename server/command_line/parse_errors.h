// CLI11's errors in words of our own, where its own are not good enough: it
// names arguments that are too many in reverse, and knows no near match.
//
// Threads:   stateless.
// Errors:    none.
#ifndef SERVER_COMMAND_LINE_PARSE_ERRORS_H_
#define SERVER_COMMAND_LINE_PARSE_ERRORS_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace thespian::gateway {

// The options of `app` that are in its help: "--stop-grace".
std::vector<std::string> OptionNames(const CLI::App& app);

// "there is no command WORD", and the one of `app` that may be meant.
std::string UnknownCommandText(const CLI::App& app, const std::string& word);

// What is wrong, in one line without an end. `app` has thrown `error`.
std::string ErrorText(const CLI::App& app, const CLI::ParseError& error);

}  // namespace thespian::gateway

#endif  // SERVER_COMMAND_LINE_PARSE_ERRORS_H_
