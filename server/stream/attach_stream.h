// One Attach: the client's local actor, from its `open` to the stream's end,
// and what it commands.
//
// Ownership: see ActorStream.
// Threads:   see ActorStream; one request is run at a time.
// Errors:    see ActorStream; a command's own are told by its result.
// Memory:    one request and kMostUnanswered results besides ActorStream's.
#ifndef SERVER_STREAM_ATTACH_STREAM_H_
#define SERVER_STREAM_ATTACH_STREAM_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/slice.h>

#include <atomic>
#include <memory>

#include "endpoint/gateway.h"
#include "server/codec/command_reader.h"
#include "server/stream/actor_stream.h"
#include "server/stream/command_runner.h"
#include "server/stream/stream_registry.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {

class AttachStream final
    : public ActorStream<
          grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>>,
      private CommandHost {
 public:
  using Reactor = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

  static Reactor* Start(Gateway& gateway, StreamRegistry& streams,
                        grpc::CallbackServerContext* context);

  // Use Start.
  AttachStream(Gateway& gateway, grpc::CallbackServerContext* context);

 private:
  // Commands go on only while the child takes them and the client takes their
  // results.
  static constexpr size_t kMostUnanswered = 1'024;

  // Reactor
  void OnReadDone(bool ok) override;

  // PumpedStream
  void Compose(EventBuffer& events) override;
  bool Drained() const override;

  // CommandHost
  std::shared_ptr<LocalActor> Speaker() override { return Self(); }
  void OnResult(uint64_t command_id, const absl::Status& status) override;
  void OnResultsGiven() override;
  bool WantsMore() override;
  void OnPaused() override;
  void OnRequestTaken() override;
  void OnViolation(const absl::Status& status) override;

  void OnReadEnd();
  bool OpenByFirstCommand();

  CommandRunner runner_;
  grpc::ByteBuffer read_;   // gRPC's
  grpc::Slice request_;     // the runner's, as
  CommandReader commands_;  // this reads it
  std::atomic<bool> paused_ = false;
};

}  // namespace thespian::gateway

#endif  // SERVER_STREAM_ATTACH_STREAM_H_
