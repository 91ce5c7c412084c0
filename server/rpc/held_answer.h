// A refusal that is told only when it may be tried again: whoever has more than
// it may is slowed, and does not take the time of others by asking on.
//
// Ownership: deletes itself.
// Threads:   safe from any thread.
// Memory:    a call that waits for kRetryAfter.
#ifndef SERVER_RPC_HELD_ANSWER_H_
#define SERVER_RPC_HELD_ANSWER_H_

#include <grpcpp/alarm.h>
#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <utility>

#include "absl/status/status.h"
#include "server/codec/rpc_error.h"

namespace thespian::gateway {

class HeldAnswer {
 public:
  static grpc::ServerUnaryReactor* Start(grpc::CallbackServerContext& context,
                                         absl::Status status) {
    grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
    auto* answer = new HeldAnswer(*reactor, std::move(status));
    answer->alarm_.Set(std::chrono::system_clock::now() + kRetryAfter,
                       [answer](bool /*fired*/) { answer->Tell(); });
    return reactor;
  }

 private:
  HeldAnswer(grpc::ServerUnaryReactor& reactor, absl::Status status)
      : reactor_(reactor), status_(std::move(status)) {}

  void Tell() {
    reactor_.Finish(ToGrpcStatus(status_));
    delete this;
  }

  grpc::ServerUnaryReactor& reactor_;
  const absl::Status status_;
  grpc::Alarm alarm_;
};

}  // namespace thespian::gateway

#endif  // SERVER_RPC_HELD_ANSWER_H_
