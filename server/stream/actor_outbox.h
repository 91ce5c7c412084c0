// What one local actor's stream has to say: its own events (opened, results,
// heartbeats) first, then its mail.
//
// Ownership: owns the events that wait and the mail being written; borrows the
//   mailbox.
// Threads:   Add, waiting and quiet_since are safe from any thread; Compose is
//   called by one thread at a time.
// Errors:    none.
// Memory:    what the mailbox counts as held; the caller bounds what it adds.
#ifndef SERVER_STREAM_ACTOR_OUTBOX_H_
#define SERVER_STREAM_ACTOR_OUTBOX_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "absl/functional/function_ref.h"
#include "endpoint/actors/mailbox.h"
#include "endpoint/mutex.h"
#include "server/codec/event_buffer.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {

class ActorOutbox {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit ActorOutbox(Mailbox& mailbox) : mailbox_(mailbox) {}

  // How payloads are written. To be set before the first delivery.
  void set_encoding(v1::PayloadEncoding encoding) { encoding_ = encoding; }

  void Add(v1::ActorEvent event);

  // Events that were added and not composed yet.
  size_t waiting() const { return waiting_; }

  // Appends what fits one message to `events`, with their sequences.
  void Compose(EventBuffer& events);

  // Whether there may be something that did not fit into what was composed
  // last. The composer's to ask.
  bool HasMore() const { return full_ || waiting_ > 0; }

  // Calls `visit` with the endpoint of every delivery that was not composed,
  // and forgets it. When nothing is composed any more.
  void ForEachUnread(
      absl::FunctionRef<void(const std::string& endpoint)> visit);

  // How many messages were composed; a quiet stream's does not change.
  uint64_t composed() const { return composed_; }

 private:
  // Makes mail_ have something at next_mail_, if there is mail at all.
  bool FetchMail();
  void ComposeOwn(EventBuffer& events);
  void ComposeMail(EventBuffer& events);
  void AddMail(size_t i, EventBuffer& events);

  Mailbox& mailbox_;
  v1::PayloadEncoding encoding_ = v1::PAYLOAD_ENCODING_UNSPECIFIED;

  // The composer's alone.
  Mail mail_;
  size_t next_mail_ = 0;
  uint64_t sequence_ = 0;
  bool full_ = false;  // the last message

  Mutex mutex_;
  std::deque<v1::ActorEvent> own_ ABSL_GUARDED_BY(mutex_);
  std::atomic<size_t> waiting_ = 0;  // the size of own_
  std::atomic<uint64_t> composed_ = 0;
};

}  // namespace thespian::gateway

#endif  // SERVER_STREAM_ACTOR_OUTBOX_H_
