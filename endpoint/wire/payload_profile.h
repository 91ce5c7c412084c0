// What a child's decoder can take, and the check of payloads against it.
//
// Threads:   stateless; safe from any thread.
// Errors:    INVALID_ARGUMENT with the byte offset and the reason.
#ifndef ENDPOINT_WIRE_PAYLOAD_PROFILE_H_
#define ENDPOINT_WIRE_PAYLOAD_PROFILE_H_

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"

namespace thespian::gateway {

// The payload profiles of the protocol, section 4.
enum class PayloadProfile {
  kThespian,  // definite lengths, no tags, false/true/null, >= -2^63
  kCbor,      // whatever is well-formed
};

// A thespian child's buffer: the largest frame it takes, with its head.
inline constexpr size_t kThespianMaxFrameBytes = 32'768;

// "thespian" or "cbor".
std::string_view ProfileName(PayloadProfile profile);

// OK if `payload` is exactly one item that `profile` allows.
absl::Status CheckPayload(std::string_view payload, PayloadProfile profile);

// The largest frame, head included, that may be written to a child of this
// profile when frames are limited to `max_frame_bytes`.
size_t MaxOutgoingFrameBytes(PayloadProfile profile, size_t max_frame_bytes);

}  // namespace thespian::gateway

#endif  // ENDPOINT_WIRE_PAYLOAD_PROFILE_H_
