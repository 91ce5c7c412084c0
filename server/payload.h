// Payloads between the API and the wire: CBOR as it is, or JSON translated.
//
// Threads:   stateless; safe from any thread.
// Errors:    PAYLOAD_INVALID.
#ifndef SERVER_PAYLOAD_H_
#define SERVER_PAYLOAD_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {

// The CBOR of `payload`: a view of it, or of `storage` if it had to be made.
// Whether it is well-formed is for the endpoint to check.
absl::StatusOr<std::string_view> CborOf(const v1::Payload& payload,
                                        std::string& storage);

// Puts what a child wrote into `payload`. What can't be said in JSON stays
// CBOR.
void SetPayload(std::string_view cbor, v1::PayloadEncoding encoding,
                v1::Payload& payload);

}  // namespace thespian::gateway

#endif  // SERVER_PAYLOAD_H_
