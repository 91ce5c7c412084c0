// The messages that actors end with: ["exit", reason, …].
//
// Threads:   stateless; safe from any thread.
// Errors:    a reason that thespian has no room for aborts the process, as it
//   does there.
#ifndef TESTS_SUPPORT_THESPIAN_MODEL_EXITS_H_
#define TESTS_SUPPORT_THESPIAN_MODEL_EXITS_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "tests/support/thespian_model/ids.h"

namespace thespian::gateway::model {

// thespian builds the exit of an actor that ends by itself in 256 bytes.
inline constexpr size_t kLongestReason = 248;

// ["exit", reason].
std::string ExitOf(std::string_view reason);

// What an actor ends with that does not know a message. It has room for any.
std::string Unexpected(std::string_view message);

// What an actor ends with that sent `message` to one that has gone.
std::string DeadSend(std::string_view message, ActorId sender,
                     std::string_view sender_name);

// A line on stderr and SIGABRT.
[[noreturn]] void Panic(std::string_view why);

// How the rest of a process looks at a message before the actor gets it.
enum class Kind {
  kNoArray,     // ends an actor that does not trap exits
  kMessage,     // any other array
  kNormalExit,  // ["exit", "normal"], to the byte
  kExit,        // ["exit", any, …]
};
Kind KindOf(std::string_view message);

// An array that begins with "exit", of any length: it is never a DEADSEND.
bool BeginsWithExit(std::string_view message);

}  // namespace thespian::gateway::model

#endif  // TESTS_SUPPORT_THESPIAN_MODEL_EXITS_H_
