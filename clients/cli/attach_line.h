// What is typed into `thespianctl attach`.
//
// Threads:   stateless; safe from any thread.
#ifndef CLIENTS_CLI_ATTACH_LINE_H_
#define CLIENTS_CLI_ATTACH_LINE_H_

#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"
#include "endpoint/wire/ids.h"

namespace thespian::gateway::cli {

struct EmptyLine {};
struct SendLine {
  RemoteId to;
  std::string payload;  // CBOR
};
struct SendNamedLine {
  std::string name;
  std::string payload;  // CBOR
};
struct LinkLine {
  RemoteId to;
};
struct QuitLine {};
struct HelpLine {};

using AttachLine = std::variant<EmptyLine, SendLine, SendNamedLine, LinkLine,
                                QuitLine, HelpLine>;

// "ID PAYLOAD", "NAME PAYLOAD", "/link ID", "/quit" or "/help". A word of
// digits is an id. INVALID_ARGUMENT for anything else; a bad payload has the
// reason PAYLOAD_INVALID.
absl::StatusOr<AttachLine> ParseAttachLine(std::string_view line);

// What "/help" prints.
std::string_view AttachHelp();

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_ATTACH_LINE_H_
