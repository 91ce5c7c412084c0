// The stream of an Actor: one write in flight, everything that waits with it.
//
// Ownership: the Actor's, which waits for OnDone before it lets go. OnDone must
//   not delete the stream: that could drop the last reference to the channel,
//   and gRPC 1.51 joins its callback threads when the last channel goes, on
//   whatever thread that happens.
// Threads:   safe from any thread. The mutex is a leaf: no gRPC operation is
//   started, and the handler never called, under it.
// Errors:    the first end is final; Wait and the handler's OnDone tell it.
#ifndef CLIENTS_CPP_ACTOR_STREAM_H_
#define CLIENTS_CPP_ACTOR_STREAM_H_

#include "absl/status/status.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "clients/cpp/actor.h"
#include "clients/cpp/command_queue.h"
#include "endpoint/mutex.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/client_callback.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway::client {

class ActorStream final
    : public grpc::ClientBidiReactor<v1::AttachRequest, v1::AttachResponse> {
 public:
  ActorStream(const AttachOptions& options, ActorHandler& handler);

  // Call once. From then on, Wait before the destructor.
  void Start(v1::GatewayService::Stub& stub);

  absl::Status Add(v1::ActorCommand&& command);
  void HalfClose();
  void Cancel();

  // See Actor.
  void PauseReading();
  void ResumeReading();
  // Resumes, and from then on takes no pause.
  void ReadToTheEnd();

  // False if the stream has not ended after `patience`.
  bool Wait(absl::Duration patience);
  // After Wait has returned true.
  const absl::Status& final_status() const { return final_status_; }

  void OnWriteDone(bool ok) override;
  void OnWritesDoneDone(bool ok) override;
  void OnReadDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

 private:
  enum class Step { kNothing, kWrite, kWritesDone };

  absl::Status AddLocked(v1::ActorCommand&& command)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Step NextStepLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Take(Step step);
  void ReadOn();

  ActorHandler& handler_;
  grpc::ClientContext context_;
  v1::AttachResponse response_;
  absl::Notification done_;
  absl::Status final_status_;  // written before done_

  Mutex mutex_;
  CommandQueue queue_ ABSL_GUARDED_BY(mutex_);
  v1::AttachRequest request_;  // whoever sets writing_ owns it until the write
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool half_closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool writes_done_ ABSL_GUARDED_BY(mutex_) = false;
  bool paused_ ABSL_GUARDED_BY(mutex_) = false;
  bool pausable_ ABSL_GUARDED_BY(mutex_) = true;
  bool reading_ ABSL_GUARDED_BY(mutex_) = true;  // a read is in flight
  // Nothing more is written. From then on, and once no write is in flight,
  // gRPC may end the call: the hold is gone.
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace thespian::gateway::client

#endif  // CLIENTS_CPP_ACTOR_STREAM_H_
