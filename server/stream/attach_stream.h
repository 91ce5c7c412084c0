// One Attach: the client's local actor, from its `open` to the stream's end,
// and what it commands.
//
// Ownership: see StreamReactor.
// Threads:   see ActorSession. One request is run at a time, on the thread of
//   gRPC's that read it; one that had to wait goes on in the given pool. Never
//   on an endpoint's loop.
// Errors:    see ActorSession; a command's own are told by its result.
// Memory:    one request and kMostUnanswered results besides ActorSession's.
#ifndef SERVER_STREAM_ATTACH_STREAM_H_
#define SERVER_STREAM_ATTACH_STREAM_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/slice.h>

#include <asio/steady_timer.hpp>
#include <asio/thread_pool.hpp>
#include <atomic>
#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "endpoint/gateway.h"
#include "server/codec/command_reader.h"
#include "server/stream/actor_session.h"
#include "server/stream/command_runner.h"
#include "server/stream/stream_reactor.h"
#include "server/stream/stream_registry.h"

namespace thespian::gateway {

class AttachStream final
    : private ResponseSource,
      private CommandHost,
      public StreamReactor<
          grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>> {
 public:
  using Reactor = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

  // `pool` outlives the RPC.
  static Reactor* Start(Gateway& gateway, StreamRegistry& streams,
                        asio::thread_pool& pool,
                        grpc::CallbackServerContext& context,
                        const Caller& caller);

  // Use Start.
  AttachStream(Gateway& gateway, asio::thread_pool& pool,
               grpc::CallbackServerContext& context, const Caller& caller);

 private:
  // Commands go on only while the child takes them and the client takes their
  // results.
  static constexpr size_t kMostUnanswered = 1'024;

  // Reactor
  void OnReadDone(bool ok) override;

  // StreamReactor
  void OnOver() override { actor_.Leave(); }

  // ResponseSource
  Composed Compose() override;
  bool Drained() const override { return runner_.in_flight() == 0; }
  void OnBroken() override { actor_.Disconnect(); }

  // CommandHost
  std::shared_ptr<LocalActor> Sender() override { return actor_.self(); }
  void OnResult(uint64_t command_id, const absl::Status& status) override;
  void OnResultsGiven() override;
  bool WantsMore() override;
  void OnPaused() override;
  void OnLimited() override;
  void OnRoom() override { ScheduleResume(); }
  void OnRequestTaken() override;
  void OnViolation(const absl::Status& status) override;

  void Read();
  void OnReadEnd();
  bool OpenByFirstCommand();
  void ScheduleResume();

  asio::thread_pool& pool_;
  ActorSession actor_;
  CommandRunner runner_;
  grpc::ByteBuffer read_;   // gRPC's
  grpc::Slice request_;     // the runner's, as
  CommandReader commands_;  // this reads it
  std::atomic<bool> paused_ = false;
  asio::steady_timer limited_;  // until the client may go on
};

}  // namespace thespian::gateway

#endif  // SERVER_STREAM_ATTACH_STREAM_H_
