// A stream that was refused before it began, and whose request has been read.
//
// Ownership: deletes itself when gRPC is done with it.
// Threads:   gRPC's.
#ifndef SERVER_STREAM_REFUSED_STREAM_H_
#define SERVER_STREAM_REFUSED_STREAM_H_

#include "absl/status/status.h"
#include "server/codec/rpc_error.h"

namespace thespian::gateway {

template <typename Reactor>
class RefusedStream final : public Reactor {
 public:
  static Reactor* Start(const absl::Status& status) {
    auto* stream = new RefusedStream;  // deleted in OnDone
    stream->Finish(ToGrpcStatus(status));
    return stream;
  }

 private:
  RefusedStream() = default;

  void OnDone() override { delete this; }
};

}  // namespace thespian::gateway

#endif  // SERVER_STREAM_REFUSED_STREAM_H_
