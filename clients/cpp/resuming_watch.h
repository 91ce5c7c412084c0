// A watch that goes on where it was when the connection or the gateway is lost,
// and says so when it can't.
//
//   while (true) {
//     switch (watch->Next(event)) {
//       case WatchStep::kEvent:     ...; break;  // what happened next
//       case WatchStep::kStartOver: ...; break;  // forget what is known
//       case WatchStep::kEnded:     return watch->status();
//     }
//   }
//
// It names the run of the gateway that it has been told of, so another run is
// not taken for it: that is answered as if the events were not held any more.
//
// Ownership: owns its stream.
// Threads:   Next by one thread, which waits in it; Cancel by any.
// Errors:    what may pass is tried again, with growing delays: see
//   ResumeOptions. What can't pass by itself (INVALID_ARGUMENT, NOT_FOUND,
//   PERMISSION_DENIED, UNAUTHENTICATED, UNIMPLEMENTED, LIMIT_REACHED) ends the
//   watch; so does SEQUENCE_COMPACTED, if its options name an event to go on
//   after and no snapshot is wanted in place of what is not held any more.
// Memory:    one response of the gateway.
#ifndef CLIENTS_CPP_RESUMING_WATCH_H_
#define CLIENTS_CPP_RESUMING_WATCH_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "clients/cpp/backoff.h"
#include "clients/cpp/watch.h"
#include "endpoint/mutex.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway::client {

struct ResumeOptions {
  BackoffOptions backoff;
  // Attempts in a row without an event before the watch ends; 0: any number.
  size_t max_attempts = 0;
  // Told on Next's thread why the stream was lost and how long it will wait.
  std::function<void(const absl::Status&, absl::Duration)> on_lost;
  // See Backoff.
  Backoff::Random random;
};

enum class WatchStep {
  kEvent,
  // The events since the last one are not known. A snapshot follows or, for a
  // watch without snapshots, what happens from now.
  kStartOver,
  kEnded,
};

class ResumingWatch {
 public:
  // The first call is made by the first Next.
  ResumingWatch(std::shared_ptr<v1::GatewayService::Stub> stub,
                WatchOptions options, ResumeOptions resume);
  ResumingWatch(const ResumingWatch&) = delete;
  ResumingWatch& operator=(const ResumingWatch&) = delete;

  // Waits for what is next; `event` is set with kEvent. After kEnded it returns
  // kEnded again.
  WatchStep Next(v1::ProxyEvent& event);

  // Why the watch ended: CANCELLED after Cancel. After Next has returned
  // kEnded.
  const absl::Status& status() const { return status_; }

  // Makes Next return kEnded soon, even while it waits for its next attempt.
  void Cancel();

 private:
  std::shared_ptr<Watch> Open();
  WatchOptions NextOptions();
  WatchStep Tell(v1::ProxyEvent& event);
  void Note(const v1::ProxyEvent& event);
  bool Survives(const absl::Status& status);

  const std::shared_ptr<v1::GatewayService::Stub> stub_;
  const WatchOptions options_;
  const ResumeOptions resume_;
  Backoff backoff_;
  size_t failures_ = 0;  // in a row
  uint64_t place_;       // the event to go on after; 0: none
  uint64_t epoch_;       // of place_; 0: not known
  bool in_snapshot_ = false;
  bool opened_ = false;
  bool told_rows_ = false;
  bool start_over_ = false;             // to be told before the next event
  std::optional<v1::ProxyEvent> held_;  // told after that
  bool ended_ = false;
  absl::Status status_;

  absl::Notification cancelled_;
  Mutex mutex_;
  bool cancelling_ ABSL_GUARDED_BY(mutex_) = false;
  // Shared with a Cancel that is under way.
  std::shared_ptr<Watch> watch_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace thespian::gateway::client

#endif  // CLIENTS_CPP_RESUMING_WATCH_H_
