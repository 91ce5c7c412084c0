// Text from a child on its way to people: protobuf's `string` takes only
// UTF-8, a child may send anything.
//
// Threads:   stateless; safe from any thread.
#ifndef ENDPOINT_WIRE_TEXT_H_
#define ENDPOINT_WIRE_TEXT_H_

#include <string>
#include <string_view>

namespace thespian::gateway {

bool IsUtf8(std::string_view bytes);

// `bytes` with every invalid sequence replaced by U+FFFD.
std::string ToUtf8(std::string_view bytes);

}  // namespace thespian::gateway

#endif  // ENDPOINT_WIRE_TEXT_H_
