// Payloads as JSON, for people and for languages without CBOR: the one mapping
// that docs/json.md describes.
//
// Threads:   stateless; safe from any thread.
// Errors:    INVALID_ARGUMENT; of JSON with line and column (in characters,
//   from 1), of CBOR with the byte offset.
// Memory:    CBOR is at most 3 times as long as its JSON, JSON at most 15
//   times as long as its CBOR.
#ifndef ENDPOINT_JSON_JSON_PAYLOAD_H_
#define ENDPOINT_JSON_JSON_PAYLOAD_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace thespian::gateway {

// One JSON value as one CBOR item: definite lengths, shortest heads, floats of
// 64 bits. Arrays, maps and tags of the result nest at most kMaxNesting deep.
absl::StatusOr<std::string> JsonToCbor(std::string_view json);

// Exactly one CBOR item as compact JSON in UTF-8. Arrays, maps and tags may
// nest at most kMaxNesting deep.
absl::StatusOr<std::string> CborToJson(std::string_view cbor);

}  // namespace thespian::gateway

#endif  // ENDPOINT_JSON_JSON_PAYLOAD_H_
