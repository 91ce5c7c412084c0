// Text from a child on its way to people: protobuf's `string` takes only
// UTF-8, a child may send anything.
//
// Threads:   stateless; safe from any thread.
#ifndef ENDPOINT_WIRE_TEXT_H_
#define ENDPOINT_WIRE_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace thespian::gateway {

bool IsUtf8(std::string_view bytes);

// `bytes` with every invalid sequence replaced by U+FFFD.
std::string ToUtf8(std::string_view bytes);

// The longest beginning of `text` of at most `max_bytes` that does not end
// inside a code point. Text that is not UTF-8 is cut where it must be.
std::string_view CutAtCodePoint(std::string_view text, size_t max_bytes);

}  // namespace thespian::gateway

#endif  // ENDPOINT_WIRE_TEXT_H_
