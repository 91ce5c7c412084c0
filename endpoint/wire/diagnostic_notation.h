// CBOR for people: the diagnostic notation of RFC 8949, section 8, of bytes
// that may be cut off anywhere or be no CBOR at all.
//
// Threads:   stateless; safe from any thread.
// Errors:    none; "..." stands for what is missing, "<malformed>" for what
//   can't be read, and nothing follows either.
#ifndef ENDPOINT_WIRE_DIAGNOSTIC_NOTATION_H_
#define ENDPOINT_WIRE_DIAGNOSTIC_NOTATION_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace thespian::gateway {

// One item, in one line. Of a string at most `max_string_bytes` are shown.
std::string ToDiagnosticNotation(std::string_view cbor,
                                 size_t max_string_bytes = 32);

}  // namespace thespian::gateway

#endif  // ENDPOINT_WIRE_DIAGNOSTIC_NOTATION_H_
