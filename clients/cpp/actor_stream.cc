#include "clients/cpp/actor_stream.h"

#include <utility>

#include "clients/cpp/error.h"

namespace thespian::gateway::client {

ActorStream::ActorStream(const AttachOptions& options, ActorHandler& handler)
    : handler_(handler), queue_(options.max_queued_bytes) {
  v1::ActorCommand open;
  open.mutable_open()->set_name(options.name);
  open.mutable_open()->set_encoding(v1::PAYLOAD_ENCODING_CBOR);
  MutexLock lock(mutex_);
  queue_.Add(std::move(open));
}

void ActorStream::Start(v1::GatewayService::Stub& stub) {
  stub.async()->Attach(&context_, this);
  // Commands start writes from outside of the reactions.
  AddHold();
  StartRead(&response_);
  StartCall();
  Step step;
  {
    MutexLock lock(mutex_);
    step = NextStepLocked();
  }
  Take(step);
}

absl::Status ActorStream::Add(v1::ActorCommand&& command) {
  Step step;
  {
    MutexLock lock(mutex_);
    absl::Status status = AddLocked(std::move(command));
    if (!status.ok()) return status;
    step = NextStepLocked();
  }
  Take(step);
  return absl::OkStatus();
}

absl::Status ActorStream::AddLocked(v1::ActorCommand&& command) {
  if (half_closed_ || ended_) {
    return absl::FailedPreconditionError(ended_ ? "the stream has ended"
                                                : "the stream is half-closed");
  }
  if (queue_.Add(std::move(command))) return absl::OkStatus();
  return MakeError(absl::StatusCode::kResourceExhausted, "QUEUE_FULL",
                   "the client's own queue of commands is full");
}

void ActorStream::HalfClose() {
  Step step;
  {
    MutexLock lock(mutex_);
    half_closed_ = true;
    step = NextStepLocked();
  }
  Take(step);
}

bool ActorStream::Wait(absl::Duration patience) {
  return done_.WaitForNotificationWithTimeout(patience);
}

ActorStream::Step ActorStream::NextStepLocked() {
  if (writing_ || ended_) return Step::kNothing;
  if (!queue_.empty()) {
    queue_.TakeBatch(request_);
    writing_ = true;
    return Step::kWrite;
  }
  if (!half_closed_ || writes_done_) return Step::kNothing;
  writes_done_ = writing_ = true;
  return Step::kWritesDone;
}

void ActorStream::Take(Step step) {
  switch (step) {
    case Step::kNothing:
      break;
    case Step::kWrite:
      StartWrite(&request_);
      break;
    case Step::kWritesDone:
      StartWritesDone();
      break;
  }
}

// A write that failed is followed by a read that fails, which ends the stream.
void ActorStream::OnWriteDone(bool /*ok*/) {
  Step step;
  bool release = false;
  bool room = false;
  {
    MutexLock lock(mutex_);
    writing_ = false;
    step = NextStepLocked();
    release = ended_;
    room = !ended_ && queue_.TakeRoomNotice();
  }
  if (room) handler_.OnRoom();
  Take(step);
  if (release) RemoveHold();
}

void ActorStream::OnWritesDoneDone(bool ok) { OnWriteDone(ok); }

void ActorStream::OnReadDone(bool ok) {
  if (ok) {
    for (const v1::ActorEvent& event : response_.events()) Dispatch(event);
    StartRead(&response_);
    return;
  }
  bool release = false;
  {
    MutexLock lock(mutex_);
    ended_ = true;
    release = !writing_;
  }
  if (release) RemoveHold();
}

void ActorStream::OnDone(const grpc::Status& status) {
  final_status_ = FromGrpc(status);
  handler_.OnDone(final_status_);
  done_.Notify();
}

void ActorStream::Dispatch(const v1::ActorEvent& event) {
  switch (event.event_case()) {
    case v1::ActorEvent::kOpened:
      return handler_.OnOpened({event.opened().actor_id()},
                               event.opened().token());
    case v1::ActorEvent::kDelivery:
      return handler_.OnDelivery(event.delivery());
    case v1::ActorEvent::kExited:
      return handler_.OnExited(event.exited());
    case v1::ActorEvent::kCommandResult:
      return handler_.OnCommandResult(
          event.command_result().command_id(),
          FromProto(event.command_result().status()));
    case v1::ActorEvent::kEndpointChanged:
      return handler_.OnEndpointChanged(event.endpoint_changed());
    case v1::ActorEvent::kClosing:
      return handler_.OnClosing(event.closing().reason());
    case v1::ActorEvent::kHeartbeat:
    case v1::ActorEvent::EVENT_NOT_SET:  // of a newer gateway
      return;
  }
}

}  // namespace thespian::gateway::client
