// A client that listens.
//
// Ownership, Threads, Errors: see ActorEvents.
#ifndef TESTS_SUPPORT_LISTEN_CLIENT_H_
#define TESTS_SUPPORT_LISTEN_CLIENT_H_

#include <chrono>

#include "tests/support/actor_events.h"
#include "tests/support/patience.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway {

class ListenClient : public ActorEvents<grpc::ClientReader<v1::ListenResponse>,
                                        v1::ListenResponse> {
 public:
  // Starts the stream; TakeOpened tells whether it was accepted.
  ListenClient(v1::GatewayService::Stub& stub,
               const v1::ActorCommand::Open& open,
               std::chrono::milliseconds deadline = kPatience)
      : ActorEvents(deadline) {
    v1::ListenRequest request;
    *request.mutable_open() = open;
    stream_ = stub.Listen(&context_, request);
  }
};

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_LISTEN_CLIENT_H_
