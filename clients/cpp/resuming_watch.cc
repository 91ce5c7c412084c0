#include "clients/cpp/resuming_watch.h"

#include "clients/cpp/error.h"

namespace thespian::gateway::client {
namespace {

// What another attempt would be answered in the same way.
bool IsPermanent(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kUnimplemented:
    case absl::StatusCode::kOutOfRange:
      return true;
    case absl::StatusCode::kResourceExhausted:
      // A watch that was read too slowly can go on; a limit stays.
      return ReasonOf(status) != "MAILBOX_FULL";
    default:
      return false;
  }
}

}  // namespace

ResumingWatch::ResumingWatch(std::shared_ptr<v1::GatewayService::Stub> stub,
                             WatchOptions options, ResumeOptions resume)
    : stub_(std::move(stub)),
      options_(std::move(options)),
      resume_(std::move(resume)),
      backoff_(resume_.backoff, resume_.random),
      place_(options_.after_sequence),
      epoch_(options_.epoch) {}

void ResumingWatch::Cancel() {
  std::shared_ptr<Watch> watch;
  {
    MutexLock lock(mutex_);
    if (cancelling_) return;
    cancelling_ = true;
    watch = watch_;
  }
  cancelled_.Notify();
  if (watch != nullptr) watch->Cancel();
}

WatchStep ResumingWatch::Next(v1::ProxyEvent& event) {
  if (held_.has_value()) {
    event = *std::move(held_);
    held_.reset();
    return Tell(event);
  }
  while (!ended_) {
    const std::shared_ptr<Watch> watch = Open();
    if (watch->Next(event)) return Tell(event);
    // Heartbeats may have come since the last event.
    if (!in_snapshot_) place_ = watch->resume_after();
    epoch_ = watch->epoch();
    ended_ = !Survives(watch->Finish());
    MutexLock lock(mutex_);
    watch_.reset();  // `watch` goes without the lock
  }
  return WatchStep::kEnded;
}

// The stream that there is, or a new one.
std::shared_ptr<Watch> ResumingWatch::Open() {
  std::shared_ptr<Watch> watch;
  bool cancelling = false;
  {
    MutexLock lock(mutex_);
    if (watch_ == nullptr) {
      watch_ = std::make_shared<Watch>(stub_, NextOptions());
    }
    watch = watch_;
    cancelling = cancelling_;
  }
  if (cancelling) watch->Cancel();
  return watch;
}

WatchOptions ResumingWatch::NextOptions() {
  WatchOptions options = options_;
  options.after_sequence = place_;
  options.epoch = place_ > 0 ? epoch_ : 0;
  if (place_ > 0) {
    // A snapshot in place of the events would look like events.
    options.skip_snapshot = true;
  } else {
    start_over_ |= opened_ && (told_rows_ || options.skip_snapshot);
  }
  in_snapshot_ = !options.skip_snapshot;
  opened_ = true;
  return options;
}

WatchStep ResumingWatch::Tell(v1::ProxyEvent& event) {
  failures_ = 0;
  backoff_.Reset();
  if (start_over_) {
    start_over_ = false;
    held_ = std::move(event);
    return WatchStep::kStartOver;
  }
  Note(event);
  return WatchStep::kEvent;
}

void ResumingWatch::Note(const v1::ProxyEvent& event) {
  told_rows_ = true;
  in_snapshot_ &= !event.has_snapshot_complete();
  if (!in_snapshot_) place_ = event.sequence();
}

// False: the watch has ended with status_.
bool ResumingWatch::Survives(const absl::Status& status) {
  const auto cancelled = [this] {
    status_ = absl::CancelledError("the watch was cancelled");
    return false;
  };
  if (cancelled_.HasBeenNotified()) return cancelled();
  // Who gave the place, and wants no snapshot in its stead, is told.
  const bool asked_for = !told_rows_ && options_.skip_snapshot;
  if (absl::IsOutOfRange(status) && place_ > 0 && !asked_for) {
    place_ = 0;
    start_over_ = true;
    return true;
  }
  status_ = status;
  if (IsPermanent(status)) return false;
  if (++failures_ == resume_.max_attempts) return false;
  const absl::Duration delay = backoff_.Next();
  if (resume_.on_lost) resume_.on_lost(status, delay);
  if (!cancelled_.WaitForNotificationWithTimeout(delay)) return true;
  return cancelled();
}

}  // namespace thespian::gateway::client
