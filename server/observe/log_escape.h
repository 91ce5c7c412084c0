// Keeps what comes from outside from forging lines of the log, or from
// driving the terminal that shows them: control characters (C0, DEL, C1), line
// and paragraph separators, and those that turn the direction of text.
//
// Threads:   stateless; safe from any thread.
// Errors:    none; bytes that are no UTF-8 are shown as \xNN.
#ifndef SERVER_OBSERVE_LOG_ESCAPE_H_
#define SERVER_OBSERVE_LOG_ESCAPE_H_

#include <string>
#include <string_view>

namespace thespian::gateway {

// For people: "\n", "\x1b", "\u2028". Everything else stays as it is, a
// backslash, too.
std::string EscapeForText(std::string_view text);

// The same for a text that is JSON: "\u001b".
std::string EscapeInJson(std::string_view json);

}  // namespace thespian::gateway

#endif  // SERVER_OBSERVE_LOG_ESCAPE_H_
