// Payloads as people write and read them.
//
// Threads:   stateless; safe from any thread.
// Errors:    INVALID_ARGUMENT with what is wrong and what would be right;
//   NOT_FOUND for a file that can't be read.
#ifndef CLIENTS_CLI_PAYLOAD_TEXT_H_
#define CLIENTS_CLI_PAYLOAD_TEXT_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace thespian::gateway::cli {

// One CBOR item out of JSON (docs/json.md), "hex:" and digits, "@" and the path
// of a file of CBOR, or of JSON if it ends in ".json". A file may have 64 MiB.
absl::StatusOr<std::string> ReadPayload(std::string_view text);

// CBOR as JSON, on one line and safe for a terminal; as hex: what JSON can't
// show, such as a payload that was cut.
std::string ShowPayload(std::string_view cbor);

// CBOR as "hex:" and digits, which ReadPayload understands.
std::string HexPayload(std::string_view cbor);

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_PAYLOAD_TEXT_H_
