// Messages of RPCs whose bytes gRPC hands over as they are: what can't be read
// is answered as the API says, and not as gRPC does.
//
// Threads:   stateless; safe from any thread.
// Errors:    FIELD_INVALID for what is no message of the kind.
#ifndef SERVER_CODEC_RAW_MESSAGE_H_
#define SERVER_CODEC_RAW_MESSAGE_H_

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/slice.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/check.h"
#include "endpoint/error.h"
#include "server/codec/known_fields.h"

namespace thespian::gateway {

inline absl::Status UnreadableError() {
  return MakeFieldError(ErrorReason::kFieldInvalid, "request",
                        "the request can't be read: it is not the Protobuf "
                        "that it should be, or a text in it is not UTF-8");
}

// The bytes in one piece, without a copy if they are.
inline absl::StatusOr<grpc::Slice> Flatten(const grpc::ByteBuffer& bytes) {
  grpc::Slice flat;
  if (bytes.TrySingleSlice(&flat).ok() || bytes.DumpToSingleSlice(&flat).ok()) {
    return flat;
  }
  return UnreadableError();
}

// Reads a message, without the fields that its kind does not know.
template <typename Message>
absl::Status Parse(const grpc::ByteBuffer& bytes, Message& message) {
  grpc::ByteBuffer view = bytes;  // refers to the same bytes
  const auto& kind = *Message::descriptor();
  if (grpc::ProtoBufferReader look(&view); HasOnlyKnownFields(look, kind)) {
    grpc::ProtoBufferReader reader(&view);
    if (message.ParseFromZeroCopyStream(&reader)) return absl::OkStatus();
  } else {
    grpc::ProtoBufferReader reader(&view);
    if (message.ParseFromString(KnownPart(reader, kind))) {
      return absl::OkStatus();
    }
  }
  return UnreadableError();
}

template <typename Message>
void Write(const Message& message, grpc::ByteBuffer& bytes) {
  bool own_buffer = false;
  const grpc::Status status = grpc::SerializationTraits<Message>::Serialize(
      message, &bytes, &own_buffer);
  Check(status.ok(), "what we made ourselves can be written");
}

}  // namespace thespian::gateway

#endif  // SERVER_CODEC_RAW_MESSAGE_H_
