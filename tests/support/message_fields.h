// A message as names and values, for comparing and printing.
#ifndef TESTS_SUPPORT_MESSAGE_FIELDS_H_
#define TESTS_SUPPORT_MESSAGE_FIELDS_H_

#include <map>
#include <string>

#include "endpoint/wire/message.h"

namespace thespian::gateway {

// As in the vectors: "kind" is the verb, ids are decimal, the payload is
// "payload_hex", and text is UTF-8 with U+FFFD for what is not.
using MessageFields = std::map<std::string, std::string>;

// An Unrecognized has the kind "unrecognized" and its "why".
MessageFields FieldsOf(const Message& message);

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_MESSAGE_FIELDS_H_
