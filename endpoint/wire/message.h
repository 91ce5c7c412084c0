// The messages of the remote actor protocol: a frame's content as a value, and
// back.
//
// Ids are named from the WRITER's view: the first belongs to an actor of
// whoever wrote the message, the second to an actor of its reader. Each has two
// written forms, and both are read everywhere:
//
//   plain    7            tagged   ["LPID", 7] first, ["RPID", 7] second
//
// Ownership: a decoded message is a view of the content it was decoded from.
// Threads:   stateless; safe from any thread.
// Errors:    DATA_LOSS when the content is not one well-formed CBOR array: the
//   stream it came from can't be trusted any more. A well-formed array that is
//   no message of the protocol is decoded as Unrecognized.
// Memory:    none is allocated, but for the text of an error.
#ifndef ENDPOINT_WIRE_MESSAGE_H_
#define ENDPOINT_WIRE_MESSAGE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"
#include "endpoint/wire/ids.h"

namespace thespian::gateway {

// ["send", from, to, payload]; from 0 is anonymous.
struct SendMessage {
  WriterId from;
  ReaderId to;
  std::string_view payload;  // one CBOR item, opaque
};

// ["send_named", from, name, payload]
struct SendNamedMessage {
  WriterId from;
  std::string_view name;
  std::string_view payload;
};

// ["link", local, remote]: when either ends, the other is told.
struct LinkMessage {
  WriterId local;
  ReaderId remote;
};

// ["exit", local, reason]
struct ExitMessage {
  WriterId local;
  std::string_view reason;
};

// ["transport_error", reason]: the writer gives up; nothing follows.
struct TransportErrorMessage {
  std::string_view reason;
};

// A well-formed array that the protocol does not know.
struct Unrecognized {
  std::string_view why;  // static text
};

using Message = std::variant<SendMessage, SendNamedMessage, LinkMessage,
                             ExitMessage, TransportErrorMessage, Unrecognized>;

// How ids are written.
enum class IdForm { kPlain, kTagged };

// The forms of the ids that were read.
struct IdForms {
  bool plain = false;
  bool tagged = false;
  bool misplaced = false;  // RPID on the first id, or LPID on the second

  friend bool operator==(const IdForms&, const IdForms&) = default;
};

// Decodes one frame's content. The forms of its ids go to `forms`, unless that
// is null.
absl::StatusOr<Message> DecodeMessage(std::string_view content,
                                      IdForms* forms = nullptr);

// The head that every frame we write begins with: 5a and a length in 4 bytes.
inline constexpr size_t kFrameHeadBytes = 5;

// The size, head included, of the first of `frames`, which AppendFrame wrote.
size_t OwnFrameSize(std::string_view frames);

// A longer reason aborts a thespian process.
inline constexpr size_t kMaxReasonBytes = 248;

// Append one whole frame, whose ids have the given form, to `out` and return
// its size, head included. `payload` must be one well-formed item; what is
// appended must stay below 4 GiB (CHECKed). A reason is cut to kMaxReasonBytes,
// at a code point.
size_t AppendFrame(const SendMessage& message, std::string& out,
                   IdForm ids = IdForm::kPlain);
size_t AppendFrame(const SendNamedMessage& message, std::string& out,
                   IdForm ids = IdForm::kPlain);
size_t AppendFrame(const LinkMessage& message, std::string& out,
                   IdForm ids = IdForm::kPlain);
size_t AppendFrame(const ExitMessage& message, std::string& out,
                   IdForm ids = IdForm::kPlain);
size_t AppendFrame(const TransportErrorMessage& message, std::string& out,
                   IdForm ids = IdForm::kPlain);

}  // namespace thespian::gateway

#endif  // ENDPOINT_WIRE_MESSAGE_H_
