// An RPC that was refused before it began, and whose request has been read. If
// a limit was reached it is told only when it may be tried again: whoever has
// more than it may is slowed, and does not take the time of others by asking
// on.
//
// Ownership: deletes itself when gRPC is done with it.
// Threads:   gRPC's.
// Memory:    one that waits is there for kRetryAfter.
#ifndef SERVER_STREAM_REFUSED_RPC_H_
#define SERVER_STREAM_REFUSED_RPC_H_

#include <grpcpp/alarm.h>

#include <chrono>

#include "absl/status/status.h"
#include "server/codec/rpc_error.h"

namespace thespian::gateway {

template <typename Reactor>
class RefusedRpc : public Reactor {
 public:
  static Reactor* Start(const absl::Status& status) {
    auto* rpc = new RefusedRpc;  // deleted in OnDone
    if (IsLimitReached(status)) {
      rpc->FinishAfter(kRetryAfter, status);
    } else {
      rpc->Finish(ToGrpcStatus(status));
    }
    return rpc;
  }

 protected:
  RefusedRpc() = default;

  void FinishAfter(std::chrono::milliseconds time, const absl::Status& status) {
    alarm_.Set(
        std::chrono::system_clock::now() + time,
        [this, status](bool /*fired*/) { this->Finish(ToGrpcStatus(status)); });
  }
  // What was to come later: the alarm's function runs then, too.
  void FinishNow() { alarm_.Cancel(); }

 private:
  void OnDone() override { delete this; }

  grpc::Alarm alarm_;
};

}  // namespace thespian::gateway

#endif  // SERVER_STREAM_REFUSED_RPC_H_
