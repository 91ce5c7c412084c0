#include "endpoint/wire/cbor_head.h"

#include <cbor.h>

namespace thespian::gateway {
namespace {

constexpr uint64_t kFalse = 20;
constexpr uint64_t kTrue = 21;
constexpr uint64_t kNull = 22;
constexpr uint64_t kUndefined = 23;

template <HeadKind kKind, typename Argument>
void TakeArgument(void* context, Argument argument) {
  Head& head = *static_cast<Head*>(context);
  head.kind = kKind;
  head.argument = argument;
}

template <HeadKind kKind>
void TakeString(void* context, cbor_data bytes, size_t size) {
  Head& head = *static_cast<Head*>(context);
  head.kind = kKind;
  head.string = {reinterpret_cast<const char*>(bytes), size};
}

template <HeadKind kKind, uint64_t kArgument = 0>
void TakeMark(void* context) {
  TakeArgument<kKind>(context, kArgument);
}

template <typename Number>
void TakeFloat(void* context, Number number) {
  Head& head = *static_cast<Head*>(context);
  head.kind = HeadKind::kFloat;
  head.number = number;
}

void TakeBool(void* context, bool value) {
  TakeArgument<HeadKind::kSimple>(context, value ? kTrue : kFalse);
}

constexpr cbor_callbacks kCallbacks = {
    .uint8 = TakeArgument<HeadKind::kUnsigned, uint8_t>,
    .uint16 = TakeArgument<HeadKind::kUnsigned, uint16_t>,
    .uint32 = TakeArgument<HeadKind::kUnsigned, uint32_t>,
    .uint64 = TakeArgument<HeadKind::kUnsigned, uint64_t>,
    .negint64 = TakeArgument<HeadKind::kNegative, uint64_t>,
    .negint32 = TakeArgument<HeadKind::kNegative, uint32_t>,
    .negint16 = TakeArgument<HeadKind::kNegative, uint16_t>,
    .negint8 = TakeArgument<HeadKind::kNegative, uint8_t>,
    .byte_string_start = TakeMark<HeadKind::kIndefiniteBytes>,
    .byte_string = TakeString<HeadKind::kBytes>,
    .string = TakeString<HeadKind::kText>,
    .string_start = TakeMark<HeadKind::kIndefiniteText>,
    .indef_array_start = TakeMark<HeadKind::kIndefiniteArray>,
    .array_start = TakeArgument<HeadKind::kArray, size_t>,
    .indef_map_start = TakeMark<HeadKind::kIndefiniteMap>,
    .map_start = TakeArgument<HeadKind::kMap, size_t>,
    .tag = TakeArgument<HeadKind::kTag, uint64_t>,
    .float2 = TakeFloat<float>,
    .float4 = TakeFloat<float>,
    .float8 = TakeFloat<double>,
    .undefined = TakeMark<HeadKind::kSimple, kUndefined>,
    .null = TakeMark<HeadKind::kSimple, kNull>,
    .boolean = TakeBool,
    .indef_break = TakeMark<HeadKind::kBreak>,
};

// What libcbor 0.8 refuses although RFC 8949 allows it: the tags 6 to 20 in one
// byte, the simple values 0 to 19 in one byte and 32 to 255 in two.
constexpr uint8_t kFirstTag = 0xc0;
constexpr uint8_t kLastTag = 0xd7;
constexpr uint8_t kFirstSimple = 0xe0;
constexpr uint8_t kLastSimple = 0xf3;
constexpr uint8_t kTwoByteSimple = 0xf8;

HeadStatus TakeNumber(HeadKind kind, uint64_t value, size_t size, Head& head) {
  head.kind = kind;
  head.argument = value;
  head.size = size;
  return HeadStatus::kOk;
}

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
  head = Head{};
  if (first == kTwoByteSimple) return ReadTwoByteSimple(bytes, head);
  if (first >= kFirstSimple && first <= kLastSimple) {
    return TakeNumber(HeadKind::kSimple, first - kFirstSimple, 1, head);
  }
  if (first >= kFirstTag && first <= kLastTag) {
    return TakeNumber(HeadKind::kTag, first - kFirstTag, 1, head);
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
