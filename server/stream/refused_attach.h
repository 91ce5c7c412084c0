// An Attach that was refused before it began, told so once its first message
// is there: to a client that still writes, the end of a call comes as a reset
// of the stream, and some (Python's) then see INTERNAL instead of the status.
//
// Ownership: see RefusedRpc.
// Threads:   gRPC's.
// Memory:    a client that writes nothing keeps it for kPatience.
#ifndef SERVER_STREAM_REFUSED_ATTACH_H_
#define SERVER_STREAM_REFUSED_ATTACH_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <chrono>

#include "absl/status/status.h"
#include "server/codec/rpc_error.h"
#include "server/stream/refused_rpc.h"

namespace thespian::gateway {

class RefusedAttach final
    : public RefusedRpc<
          grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>> {
 public:
  static constexpr std::chrono::milliseconds kPatience{1'000};

  static grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Start(
      const absl::Status& status) {
    auto* stream = new RefusedAttach(IsLimitReached(status));
    stream->FinishAfter(stream->limited_ ? kRetryAfter : kPatience, status);
    stream->StartRead(&stream->first_);
    return stream;
  }

 private:
  explicit RefusedAttach(bool limited) : limited_(limited) {}

  void OnReadDone(bool /*ok*/) override {
    if (!limited_) FinishNow();
  }

  const bool limited_;
  grpc::ByteBuffer first_;
};

}  // namespace thespian::gateway

#endif  // SERVER_STREAM_REFUSED_ATTACH_H_
