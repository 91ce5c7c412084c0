// The dialects of the remote actor protocol: one table, a row a dialect.
//
// Every dialect reads both forms of ids, and writes frames whose head is 5a
// and a length of four bytes.
//
// Threads:   stateless; safe from any thread.
// Errors:    INVALID_ARGUMENT with the byte offset and the reason.
#ifndef ENDPOINT_WIRE_DIALECTS_H_
#define ENDPOINT_WIRE_DIALECTS_H_

#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "endpoint/wire/message.h"

namespace thespian::gateway {

enum class Dialect {
  kPlain,         // children written for the gateway
  kThespian,      // thespian today
  kThespian16k,   // thespian before the head of fixed size
  kThespianSeed,  // thespian of April 2026
};

// What a payload may be.
enum class PayloadRules {
  kAnyItem,  // one well-formed item
  // What thespian's decoder and its actors survive: an array or null at the
  // top; definite lengths, no tags, no simple value but false, true and null,
  // no integer below -2^63; and none of the library's own control messages.
  kThespian,
};

struct DialectRow {
  Dialect dialect;
  std::string_view name;  // as --dialect takes it
  IdForm ids;             // as we write them
  // What we write at most: a frame, its head included, and a payload.
  size_t max_frame_bytes;
  size_t max_payload_bytes;
  PayloadRules payloads;
  // The child must be spared what ends a thespian process or one of its
  // actors: messages from id 0, `exit` for an actor that may still be
  // answered, answers that it did not ask for.
  bool is_thespian;
};

inline constexpr size_t kNoDialectLimit = std::numeric_limits<size_t>::max();

std::span<const DialectRow> Dialects();
const DialectRow& RowOf(Dialect dialect);

// Null: there is no dialect of this name.
const DialectRow* FindDialect(std::string_view name);

// Whether clients may send ["exit", ...], thespian's way to end an actor.
enum class ControlPayloads { kAllow, kRefuse };

// OK if `payload` is exactly one item that `rules` and `control` allow.
absl::Status CheckPayload(std::string_view payload, PayloadRules rules,
                          ControlPayloads control = ControlPayloads::kAllow);

// Whether it is ["exit", ...], however that is spelled: with tags, as bytes, in
// pieces. It must be well-formed.
bool IsExitMessage(std::string_view payload);

// What a thespian process writes as a message when an actor ends with more
// than a reason: ["exit", reason, detail...], of two elements at least.
struct DetailedExit {
  std::string reason;        // diagnostic notation if it is no string
  std::string_view details;  // the other elements, end to end
};

// Nothing if `payload` is no such message.
std::optional<DetailedExit> ReadDetailedExit(std::string_view payload);

}  // namespace thespian::gateway

#endif  // ENDPOINT_WIRE_DIALECTS_H_
