// The events of one AttachResponse, ListenResponse or WatchProxiesResponse, as
// Protobuf writes them.
//
// Deliveries, of which there may be a million a second, are written straight
// from the mail, without a message in between.
//
// Ownership: owns the bytes until they are handed to gRPC.
// Threads:   thread-compatible.
// Errors:    none.
// Memory:    that of the bytes; none once they are gRPC's.
#ifndef SERVER_CODEC_EVENT_BUFFER_H_
#define SERVER_CODEC_EVENT_BUFFER_H_

#include <google/protobuf/message_lite.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {

class EventBuffer {
 public:
  // An ActorEvent with a Delivery. The texts are UTF-8, but for CBOR.
  struct Delivery {
    uint64_t sequence = 0;
    std::string_view endpoint;
    uint64_t incarnation = 0;
    uint64_t from_id = 0;
    v1::Payload::EncodingCase encoding = v1::Payload::kCbor;
    std::string_view payload;
  };

  int size() const { return size_; }
  bool empty() const { return size_ == 0; }
  size_t bytes() const { return bytes_.size(); }

  // Takes room for about so many bytes at once.
  void Reserve(size_t bytes) { bytes_.reserve(bytes_.size() + bytes); }

  // An ActorEvent or a ProxyEvent, as the response has them.
  void Add(const google::protobuf::MessageLite& event);
  void Add(const Delivery& delivery);

  // What gRPC is to write, valid until Renew. Nothing can be added after it.
  const grpc::ByteBuffer* wire();

  // There are no events.
  void Renew();

 private:
  // Where the next `bytes` are to be written.
  uint8_t* Extend(size_t bytes);

  int size_ = 0;
  std::string bytes_;
  grpc::ByteBuffer wire_;
};

}  // namespace thespian::gateway

#endif  // SERVER_CODEC_EVENT_BUFFER_H_
