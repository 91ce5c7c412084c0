// One Attach: the client's local actor, from its `open` to the stream's end.
//
// Ownership: shared by gRPC and the registry of local actors; see
//   PumpedStream.
// Threads:   reactions on gRPC's, OnMail on the endpoints' loops, Tick and
//   CloseForShutdown on the main thread.
// Errors:    every end has a status; see the API.
// Memory:    one request, one response, the mailbox twice, and as many results
//   as one request brings once kMaxWaitingResults wait.
#ifndef SERVER_ATTACH_STREAM_H_
#define SERVER_ATTACH_STREAM_H_

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <memory>
#include <string>

#include "endpoint/gateway.h"
#include "server/actor_outbox.h"
#include "server/command_runner.h"
#include "server/pumped_stream.h"
#include "server/stream_registry.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {

class AttachStream final
    : public PumpedStream<
          grpc::ServerBidiReactor<v1::AttachRequest, v1::AttachResponse>,
          v1::AttachResponse>,
      public LocalActor,
      public LiveStream,
      private CommandHost,
      public std::enable_shared_from_this<AttachStream> {
 public:
  using Reactor =
      grpc::ServerBidiReactor<v1::AttachRequest, v1::AttachResponse>;

  static Reactor* Start(Gateway& gateway, StreamRegistry& streams,
                        grpc::CallbackServerContext* context);

  // Use Start.
  AttachStream(Gateway& gateway, grpc::CallbackServerContext* context);

  // LocalActor
  void OnMail() override;

  // LiveStream
  void CloseForShutdown() override;
  void Tick(std::chrono::steady_clock::time_point now) override;

 private:
  // What is done next when a request has been taken: reading goes on only
  // while the client takes its results.
  static constexpr size_t kMaxWaitingResults = 1'024;
  static constexpr std::chrono::seconds kHeartbeatAfter{30};

  // Reactor
  void OnReadDone(bool ok) override;
  void OnCancel() override;

  // PumpedStream
  void Compose(v1::AttachResponse& response) override;
  bool IsEmpty(const v1::AttachResponse& response) const override;
  bool Drained() const override;
  void OnBroken() override;
  void OnOver() override;

  // CommandHost
  std::shared_ptr<LocalActor> Speaker() override;
  void OnResult(uint64_t command_id, const absl::Status& status) override;
  void OnResultsGiven() override { Pump(); }
  void OnRequestTaken() override;
  void OnViolation(const absl::Status& status) override;

  bool Open();
  void AddOpened();
  void End(std::string reason, const absl::Status& status);

  Gateway& gateway_;
  ActorOutbox outbox_;
  CommandRunner runner_;
  v1::AttachRequest request_;  // gRPC's, or the runner's
  std::atomic<bool> opened_ = false;
  std::atomic<bool> reading_paused_ = false;
  std::atomic<size_t> unanswered_ = 0;  // commands without a result

  // The main thread's: when the stream was last seen to say something.
  uint64_t seen_composed_ = 0;
  std::chrono::steady_clock::time_point quiet_since_;
};

}  // namespace thespian::gateway

#endif  // SERVER_ATTACH_STREAM_H_
