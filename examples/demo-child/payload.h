// The payloads that the demo's actors understand and answer with: lists of one
// word and at most one argument, such as ["subscribe", 100].
//
// Ownership: a command is a view of the payload it was read from.
// Threads:   stateless; safe from any thread.
#ifndef EXAMPLES_DEMO_CHILD_PAYLOAD_H_
#define EXAMPLES_DEMO_CHILD_PAYLOAD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/wire/cbor_head.h"

namespace thespian::gateway::demo {

struct Command {
  std::string_view word;
  std::optional<Head> argument;  // only its head, if it is a list or a map

  // The argument, if there is one of that type.
  std::optional<uint64_t> Number() const;
  std::optional<std::string_view> Text() const;
};

// Nothing if `payload`, one well-formed item, is no such list.
std::optional<Command> ReadCommand(std::string_view payload);

// [word, number] and [word, text], encoded.
std::string EncodeList(std::string_view word, uint64_t number);
std::string EncodeList(std::string_view word, std::string_view text);

std::string EncodeText(std::string_view text);

// [word, items...]; each item is encoded already.
std::string EncodeList(std::string_view word,
                       const std::vector<std::string>& items);

}  // namespace thespian::gateway::demo

#endif  // EXAMPLES_DEMO_CHILD_PAYLOAD_H_
