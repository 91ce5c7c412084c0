// An attached client.
//
// Ownership, Threads, Errors: see ActorEvents. Do may be called by another
// thread than reads.
#ifndef TESTS_SUPPORT_ATTACH_CLIENT_H_
#define TESTS_SUPPORT_ATTACH_CLIENT_H_

#include <chrono>
#include <string>
#include <vector>

#include "tests/support/actor_events.h"
#include "tests/support/patience.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway {

class AttachClient
    : public ActorEvents<
          grpc::ClientReaderWriter<v1::AttachRequest, v1::AttachResponse>,
          v1::AttachResponse> {
 public:
  // Starts a stream and says nothing yet.
  explicit AttachClient(v1::GatewayService::Stub& stub,
                        std::chrono::milliseconds deadline = kPatience);

  // Sends one request. False: the stream has ended.
  bool Do(const v1::ActorCommand& command);
  bool Do(const std::vector<v1::ActorCommand>& commands);

  // Opens the actor and takes the `opened` event.
  bool Open(const std::string& name = "",
            v1::PayloadEncoding encoding = v1::PAYLOAD_ENCODING_UNSPECIFIED);

  void HalfClose() { stream_->WritesDone(); }
};

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_ATTACH_CLIENT_H_
