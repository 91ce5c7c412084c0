#include "endpoint/wire/cbor_head.h"

#include <cbor.h>

#include <array>

namespace thespian::gateway {
namespace {

constexpr uint64_t kFalse = 20;
constexpr uint64_t kTrue = 21;
constexpr uint64_t kNull = 22;
constexpr uint64_t kUndefined = 23;

template <HeadKind kKind, uint64_t kArgument = 0>
void TakeMark(void* context) {
  Head& head = *static_cast<Head*>(context);
  head.kind = kKind;
  head.argument = kArgument;
}

template <typename Number>
void TakeFloat(void* context, Number number) {
  Head& head = *static_cast<Head*>(context);
  head.kind = HeadKind::kFloat;
  head.number = number;
}

void TakeBool(void* context, bool value) {
  Head& head = *static_cast<Head*>(context);
  head.kind = HeadKind::kSimple;
  head.argument = value ? kTrue : kFalse;
}

// What ReadCounted leaves to libcbor; the others are never called.
constexpr cbor_callbacks kCallbacks = {
    .byte_string_start = TakeMark<HeadKind::kIndefiniteBytes>,
    .string_start = TakeMark<HeadKind::kIndefiniteText>,
    .indef_array_start = TakeMark<HeadKind::kIndefiniteArray>,
    .indef_map_start = TakeMark<HeadKind::kIndefiniteMap>,
    .float2 = TakeFloat<float>,
    .float4 = TakeFloat<float>,
    .float8 = TakeFloat<double>,
    .undefined = TakeMark<HeadKind::kSimple, kUndefined>,
    .null = TakeMark<HeadKind::kSimple, kNull>,
    .boolean = TakeBool,
    .indef_break = TakeMark<HeadKind::kBreak>,
};

// The kinds of a head with a number, by its first three bits.
constexpr std::array kCountedKinds = {
    HeadKind::kUnsigned, HeadKind::kNegative, HeadKind::kBytes, HeadKind::kText,
    HeadKind::kArray,    HeadKind::kMap,      HeadKind::kTag,
};
constexpr uint8_t kInfoMask = 0x1f;
constexpr uint8_t kFirstLongInfo = 24;
constexpr uint8_t kLastLongInfo = 27;

bool IsCounted(uint8_t first) {
  return first >> 5 < kCountedKinds.size() &&
         (first & kInfoMask) <= kLastLongInfo;
}

HeadStatus TakeNumber(HeadKind kind, uint64_t value, size_t size, Head& head) {
  head.kind = kind;
  head.argument = value;
  head.size = size;
  return HeadStatus::kOk;
}

HeadStatus TakeString(HeadKind kind, uint64_t length, size_t start,
                      std::string_view bytes, Head& head) {
  if (length > bytes.size() - start) return HeadStatus::kTruncated;
  head.kind = kind;
  head.argument = 0;
  head.string = bytes.substr(start, length);
  head.size = start + length;
  return HeadStatus::kOk;
}

// Integers, strings, arrays, maps and tags, which is nearly every head there
// is: a callback for each would cost several times what it takes to read them.
HeadStatus ReadCounted(std::string_view bytes, Head& head) {
  const uint8_t first = static_cast<uint8_t>(bytes[0]);
  const HeadKind kind = kCountedKinds[first >> 5];
  uint64_t argument = first & kInfoMask;
  size_t size = 1;
  if (argument >= kFirstLongInfo) {
    size += size_t{1} << (argument - kFirstLongInfo);
    if (bytes.size() < size) return HeadStatus::kTruncated;
    argument = 0;
    for (size_t i = 1; i < size; ++i) {
      argument = argument << 8 | static_cast<uint8_t>(bytes[i]);
    }
  }
  if (kind == HeadKind::kBytes || kind == HeadKind::kText) {
    return TakeString(kind, argument, size, bytes, head);
  }
  return TakeNumber(kind, argument, size, head);
}

// What libcbor 0.8 refuses although RFC 8949 allows it: the simple values 0 to
// 19 in one byte and 32 to 255 in two.
constexpr uint8_t kFirstSimple = 0xe0;
constexpr uint8_t kLastSimple = 0xf3;
constexpr uint8_t kTwoByteSimple = 0xf8;

HeadStatus ReadTwoByteSimple(std::string_view bytes, Head& head) {
  if (bytes.size() < 2) return HeadStatus::kTruncated;
  const uint8_t value = static_cast<uint8_t>(bytes[1]);
  if (value < 32) return HeadStatus::kMalformed;
  return TakeNumber(HeadKind::kSimple, value, 2, head);
}

}  // namespace

HeadStatus ReadHead(std::string_view bytes, Head& head) {
  if (bytes.empty()) return HeadStatus::kTruncated;
  const uint8_t first = static_cast<uint8_t>(bytes[0]);
  if (IsCounted(first)) return ReadCounted(bytes, head);
  head = Head{};
  if (first == kTwoByteSimple) return ReadTwoByteSimple(bytes, head);
  if (first >= kFirstSimple && first <= kLastSimple) {
    return TakeNumber(HeadKind::kSimple, first - kFirstSimple, 1, head);
  }
  const cbor_decoder_result result =
      cbor_stream_decode(reinterpret_cast<cbor_data>(bytes.data()),
                         bytes.size(), &kCallbacks, &head);
  head.size = result.read;
  switch (result.status) {
    case CBOR_DECODER_FINISHED:
      return HeadStatus::kOk;
    case CBOR_DECODER_NEDATA:
      return HeadStatus::kTruncated;
    case CBOR_DECODER_ERROR:
      return HeadStatus::kMalformed;
  }
  return HeadStatus::kMalformed;
}

}  // namespace thespian::gateway
