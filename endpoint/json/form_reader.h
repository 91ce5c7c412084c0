// Reads the forms: what an object whose only member begins with '$' stands for.
//
// Threads:   stateless; safe from any thread.
// Errors:    INVALID_ARGUMENT in words that name the form; the place in the
//   JSON text is the caller's to add.
#ifndef ENDPOINT_JSON_FORM_READER_H_
#define ENDPOINT_JSON_FORM_READER_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace thespian::gateway {

// Appends to `out` the item that {name: value} stands for. `value` is the
// member's value as CBOR, the way this library writes it.
absl::Status AppendForm(std::string_view name, std::string_view value,
                        std::string& out);

// Appends the integer -2^64 to 2^64-1 that `digits` spells in decimal. False
// if it spells none.
bool AppendInteger(std::string_view digits, std::string& out);

}  // namespace thespian::gateway

#endif  // ENDPOINT_JSON_FORM_READER_H_
