// Payloads between the API and the wire: CBOR as it is, or JSON translated.
//
// Threads:   stateless; safe from any thread.
// Errors:    PAYLOAD_INVALID.
#ifndef SERVER_CODEC_PAYLOAD_H_
#define SERVER_CODEC_PAYLOAD_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {

// The CBOR of `payload`: a view of it, or of `storage` if it had to be made.
// Whether it is well-formed is for the endpoint to check.
absl::StatusOr<std::string_view> CborOf(const v1::Payload& payload,
                                        std::string& storage);

// What a child wrote, in JSON. Nothing if that is not how it is to be written,
// or if it can't be said in JSON: it stays CBOR.
std::optional<std::string> JsonOf(std::string_view cbor,
                                  v1::PayloadEncoding encoding);

// What a child wrote, in this encoding if it can be.
void SetPayload(std::string_view cbor, v1::PayloadEncoding encoding,
                v1::Payload& payload);

}  // namespace thespian::gateway

#endif  // SERVER_CODEC_PAYLOAD_H_
