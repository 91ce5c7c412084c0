#include "server/codec/event_buffer.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <memory>
#include <utility>

namespace thespian::gateway {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;

// All responses are written by the same bytes.
constexpr int kEvents = v1::AttachResponse::kEventsFieldNumber;
static_assert(kEvents == v1::ListenResponse::kEventsFieldNumber);
static_assert(kEvents == v1::WatchProxiesResponse::kEventsFieldNumber);

// Of these fields, whose numbers are below 16.
constexpr size_t kTagBytes = 1;

// What is 0 is left out, as proto3 does.
size_t NumberBytes(uint64_t value) {
  return value == 0 ? 0 : kTagBytes + CodedOutputStream::VarintSize64(value);
}

uint8_t* WriteNumber(int field, uint64_t value, uint8_t* to) {
  if (value == 0) return to;
  return WireFormatLite::WriteUInt64ToArray(field, value, to);
}

// Of something with a length: a text, or a message.
size_t LengthBytes(size_t size) {
  return kTagBytes + CodedOutputStream::VarintSize64(size) + size;
}

uint8_t* WriteLength(int field, size_t size, uint8_t* to) {
  to = WireFormatLite::WriteTagToArray(
      field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED, to);
  return CodedOutputStream::WriteVarint64ToArray(size, to);
}

uint8_t* WriteText(int field, std::string_view text, uint8_t* to) {
  to = WriteLength(field, text.size(), to);
  return CodedOutputStream::WriteRawToArray(text.data(),
                                            static_cast<int>(text.size()), to);
}

}  // namespace

void EventBuffer::Add(const google::protobuf::MessageLite& event) {
  const size_t size = event.ByteSizeLong();
  uint8_t* to = WriteLength(kEvents, size, Extend(LengthBytes(size)));
  event.SerializeWithCachedSizesToArray(to);
}

void EventBuffer::Add(const Delivery& delivery) {
  using Event = v1::ActorEvent;
  using Message = v1::ActorEvent::Delivery;
  const size_t payload = LengthBytes(delivery.payload.size());
  const size_t message =
      (delivery.endpoint.empty() ? 0 : LengthBytes(delivery.endpoint.size())) +
      NumberBytes(delivery.incarnation) + NumberBytes(delivery.from_id) +
      LengthBytes(payload);
  const size_t event = NumberBytes(delivery.sequence) + LengthBytes(message);
  uint8_t* to = WriteLength(kEvents, event, Extend(LengthBytes(event)));
  to = WriteNumber(Event::kSequenceFieldNumber, delivery.sequence, to);
  to = WriteLength(Event::kDeliveryFieldNumber, message, to);
  if (!delivery.endpoint.empty()) {
    to = WriteText(Message::kEndpointFieldNumber, delivery.endpoint, to);
  }
  to = WriteNumber(Message::kIncarnationFieldNumber, delivery.incarnation, to);
  to = WriteNumber(Message::kFromIdFieldNumber, delivery.from_id, to);
  to = WriteLength(Message::kPayloadFieldNumber, payload, to);
  WriteText(delivery.encoding, delivery.payload, to);
}

uint8_t* EventBuffer::Extend(size_t bytes) {
  const size_t before = bytes_.size();
  bytes_.resize(before + bytes);
  ++size_;
  return reinterpret_cast<uint8_t*>(bytes_.data()) + before;
}

const grpc::ByteBuffer* EventBuffer::wire() {
  auto kept = std::make_unique<std::string>(std::exchange(bytes_, {}));
  char* const data = kept->data();
  const size_t size = kept->size();
  const grpc::Slice slice(
      data, size, [](void* bytes) { delete static_cast<std::string*>(bytes); },
      kept.release());
  wire_ = grpc::ByteBuffer(&slice, 1);
  return &wire_;
}

void EventBuffer::Renew() {
  size_ = 0;
  bytes_.clear();
  wire_.Clear();
}

}  // namespace thespian::gateway
