#include "clients/cpp/actor_stream.h"

#include <utility>

#include "clients/cpp/error.h"
#include "clients/cpp/event_dispatch.h"

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

// A read that is not in flight can't tell of the end.
void ActorStream::Cancel() {
  context_.TryCancel();
  ReadToTheEnd();
}

void ActorStream::ReadToTheEnd() {
  {
    MutexLock lock(mutex_);
    pausable_ = false;
  }
  ResumeReading();
}

void ActorStream::PauseReading() {
  MutexLock lock(mutex_);
  paused_ = pausable_;
}

void ActorStream::ResumeReading() {
  {
    MutexLock lock(mutex_);
    paused_ = false;
    if (reading_) return;
    reading_ = true;
  }
  StartRead(&response_);
}

// After a response has been told.
void ActorStream::ReadOn() {
  {
    MutexLock lock(mutex_);
    reading_ = !paused_;
    if (paused_) return;
  }
  StartRead(&response_);
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
    DispatchAll(response_, handler_);
    return ReadOn();
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

}  // namespace thespian::gateway::client
