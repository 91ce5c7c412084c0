// A stream that was refused before it began, and whose request has been read.
// If a limit was reached it is told when it may be tried again.
//
// Ownership: deletes itself when gRPC is done with it.
// Threads:   gRPC's.
#ifndef SERVER_STREAM_REFUSED_STREAM_H_
#define SERVER_STREAM_REFUSED_STREAM_H_

#include <grpcpp/alarm.h>

#include <chrono>

#include "absl/status/status.h"
#include "server/codec/rpc_error.h"

namespace thespian::gateway {

template <typename Reactor>
class RefusedStream final : public Reactor {
 public:
  static Reactor* Start(const absl::Status& status) {
    auto* stream = new RefusedStream;  // deleted in OnDone
    if (IsLimitReached(status)) {
      stream->FinishLater(status);
    } else {
      stream->Finish(ToGrpcStatus(status));
    }
    return stream;
  }

 private:
  RefusedStream() = default;

  void FinishLater(const absl::Status& status) {
    alarm_.Set(
        std::chrono::system_clock::now() + kRetryAfter,
        [this, status](bool /*fired*/) { this->Finish(ToGrpcStatus(status)); });
  }

  void OnDone() override { delete this; }

  grpc::Alarm alarm_;
};

}  // namespace thespian::gateway

#endif  // SERVER_STREAM_REFUSED_STREAM_H_
