// Reads the head of one CBOR data item (RFC 8949, section 3), with the content
// of a definite-length string; what is rare is left to libcbor's streaming
// decoder.
//
// Ownership: the strings of a head are views into the bytes that were read.
// Threads:   stateless; safe from any thread.
// Errors:    told by HeadStatus; nothing is read outside the given bytes.
// Memory:    none is allocated, whatever length a head announces.
#ifndef ENDPOINT_WIRE_CBOR_HEAD_H_
#define ENDPOINT_WIRE_CBOR_HEAD_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace thespian::gateway {

enum class HeadKind {
  kUnsigned,
  kNegative,  // stands for -1 - argument
  kBytes,
  kText,
  kArray,
  kMap,
  kTag,
  kSimple,
  kFloat,
  kIndefiniteBytes,
  kIndefiniteText,
  kIndefiniteArray,
  kIndefiniteMap,
  kBreak,
};

struct Head {
  HeadKind kind = HeadKind::kBreak;
  // The value of an integer, a tag or a simple value; the number of elements
  // of an array or of pairs of a map. 0 for the other kinds.
  uint64_t argument = 0;
  double number = 0;        // kFloat
  std::string_view string;  // kBytes, kText
  size_t size = 0;          // bytes read, those of `string` included
};

enum class HeadStatus {
  kOk,
  kTruncated,  // the bytes end inside the head or inside its string
  kMalformed,  // reserved additional information, or a bad simple value
};

// Reads the head at the start of `bytes` into `head`, which is meaningful only
// if kOk is returned.
HeadStatus ReadHead(std::string_view bytes, Head& head);

}  // namespace thespian::gateway

#endif  // ENDPOINT_WIRE_CBOR_HEAD_H_
