// An attached client that reads when it is asked to, and checks the sequence
// of what it reads.
//
// Ownership: owns the stream; the destructor cancels and ends it.
// Threads:   thread-compatible.
// Errors:    nothing more to read, when the stream has ended or its deadline
//   passed; Finish tells which.
#ifndef TESTS_SUPPORT_ATTACH_CLIENT_H_
#define TESTS_SUPPORT_ATTACH_CLIENT_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/patience.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway {

class AttachClient {
 public:
  using EventCase = v1::ActorEvent::EventCase;

  // Starts a stream and says nothing yet.
  explicit AttachClient(v1::GatewayService::Stub& stub,
                        std::chrono::milliseconds deadline = kPatience);
  ~AttachClient();
  AttachClient(const AttachClient&) = delete;
  AttachClient& operator=(const AttachClient&) = delete;

  // Sends one request. False: the stream has ended.
  bool Do(const v1::ActorCommand& command);
  bool Do(const std::vector<v1::ActorCommand>& commands);

  // Opens the actor and takes the `opened` event.
  bool Open(const std::string& name = "",
            v1::PayloadEncoding encoding = v1::PAYLOAD_ENCODING_UNSPECIFIED);
  uint64_t id() const { return id_; }
  const std::string& token() const { return token_; }

  std::optional<v1::ActorEvent> Next();
  // The next event of this kind; those before it are dropped.
  std::optional<v1::ActorEvent> Next(EventCase kind);
  // The payload of the next delivery, its CBOR; empty at the end.
  std::string NextCbor();

  void HalfClose() { stream_->WritesDone(); }
  void Cancel() { context_.TryCancel(); }
  // Reads what is left. Once.
  grpc::Status Finish();

 private:
  grpc::ClientContext context_;
  std::unique_ptr<
      grpc::ClientReaderWriter<v1::AttachRequest, v1::AttachResponse>>
      stream_;
  v1::AttachResponse response_;
  int next_ = 0;
  uint64_t sequence_ = 0;
  bool finished_ = false;
  uint64_t id_ = 0;
  std::string token_;
};

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_ATTACH_CLIENT_H_
