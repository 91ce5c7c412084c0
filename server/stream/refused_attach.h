// An Attach that was refused before it began, told so once its first message
// is there: to a client that still writes, the end of a call comes as a reset
// of the stream, and some (Python's) then see INTERNAL instead of the status.
//
// Ownership: deletes itself when gRPC is done with it.
// Threads:   gRPC's.
// Memory:    a client that writes nothing keeps it for kPatience.
#ifndef SERVER_STREAM_REFUSED_ATTACH_H_
#define SERVER_STREAM_REFUSED_ATTACH_H_

#include <grpcpp/alarm.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <utility>

#include "absl/status/status.h"
#include "server/codec/rpc_error.h"

namespace thespian::gateway {

class RefusedAttach final
    : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  static constexpr std::chrono::milliseconds kPatience{1'000};

  static grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Start(
      const absl::Status& status) {
    auto* stream = new RefusedAttach(status);  // deleted in OnDone
    stream->alarm_.Set(std::chrono::system_clock::now() +
                           (IsLimitReached(status) ? kRetryAfter : kPatience),
                       [stream](bool /*fired*/) {
                         stream->Finish(ToGrpcStatus(stream->status_));
                       });
    stream->StartRead(&stream->first_);
    return stream;
  }

 private:
  explicit RefusedAttach(absl::Status status) : status_(std::move(status)) {}

  // The alarm's function runs then, too.
  void OnReadDone(bool /*ok*/) override {
    if (!IsLimitReached(status_)) alarm_.Cancel();
  }
  void OnDone() override { delete this; }

  const absl::Status status_;
  grpc::ByteBuffer first_;
  grpc::Alarm alarm_;
};

}  // namespace thespian::gateway

#endif  // SERVER_STREAM_REFUSED_ATTACH_H_
