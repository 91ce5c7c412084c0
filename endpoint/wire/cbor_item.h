// Finds the end of one CBOR data item and checks that it is well-formed
// (RFC 8949, section 5.3.1 and appendix C), without building anything.
//
// Ownership: nothing is kept.
// Threads:   stateless; safe from any thread.
// Errors:    INVALID_ARGUMENT with the offset of the first offence.
// Memory:    a fixed stack of kMaxNesting levels, no allocation.
#ifndef ENDPOINT_WIRE_CBOR_ITEM_H_
#define ENDPOINT_WIRE_CBOR_ITEM_H_

#include <cstddef>
#include <string_view>

#include "absl/status/statusor.h"

namespace thespian::gateway {

// Arrays and maps that may be open at once within one item.
inline constexpr size_t kMaxNesting = 64;

enum class ItemRules {
  // Whatever is well-formed.
  kWellFormed,
  // Only what thespian's decoder takes: definite lengths, no tags, no simple
  // value but false, true and null, no integer below -2^63.
  kThespian,
};

// Returns the size in bytes of the item at the start of `bytes`; more bytes
// may follow it.
absl::StatusOr<size_t> MeasureItem(std::string_view bytes, ItemRules rules);

}  // namespace thespian::gateway

#endif  // ENDPOINT_WIRE_CBOR_ITEM_H_
