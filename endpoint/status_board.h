// How an endpoint is, for any thread: its state, and the session to which
// messages can be sent.
//
// Ownership: shares the present session with the loop and whoever sends.
// Threads:   safe from any thread; what changes the board is the loop's.
// Errors:    ENDPOINT_DOWN or ENDPOINT_FAILED from Current.
#ifndef ENDPOINT_STATUS_BOARD_H_
#define ENDPOINT_STATUS_BOARD_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "endpoint/endpoint_state.h"
#include "endpoint/journal/proxy_event.h"
#include "endpoint/mutex.h"
#include "endpoint/wire/ids.h"

namespace thespian::gateway {

class Session;

class StatusBoard {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  struct Row {
    EndpointStateChanged state;
    Incarnation incarnation;
    TimePoint started;  // the incarnation
  };

  using Counter = std::shared_ptr<std::atomic<uint64_t>>;

  // `endpoint` is its name; `incarnations` counts those of all endpoints that
  // have it. Null: there is no other.
  explicit StatusBoard(EndpointName endpoint, Counter incarnations = nullptr);

  // The session to which messages can be sent now, or why there is none.
  absl::StatusOr<std::shared_ptr<Session>> Current() const;

  // Whether there is one.
  bool IsOpen() const;
  // There is one, or it may come at any moment: STARTING.
  bool ComesUp() const;
  // Calls `settled` once, on the loop, when there is one or none for now; here
  // if that is so already.
  void WhenSettled(absl::AnyInvocable<void() &&> settled) const;

  // The last one, also after its end, until the next incarnation begins; null:
  // none.
  std::shared_ptr<Session> Last() const;

  EndpointState state() const;
  Row Get() const;

  // From here on the loop's.

  // A new incarnation, which has no session yet.
  void Begin(TimePoint now);
  // Messages can be sent to `session`.
  void Publish(std::shared_ptr<Session> session);
  // Nothing can be sent any more.
  void Close();
  // The same, but only if `idle` is true when no other session can be had: it
  // is called under the lock, and takes none.
  bool CloseIf(absl::FunctionRef<bool()> idle);
  // The peer of a session that was published before is being started.
  void NoteStart(TimePoint now);
  // Whoever is told of a state in which no messages are taken finds that
  // nothing can be sent; in STARTING what is published stays so. Returns what
  // the board says now.
  Row Enter(EndpointState state, std::string reason, int64_t pid);
  void SetExit(std::shared_ptr<const ChildExit> exit);

 private:
  using Waiters = std::vector<absl::AnyInvocable<void() &&>>;

  const EndpointName endpoint_;
  const Counter incarnations_;

  mutable Mutex mutex_;
  Row row_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<Session> last_ ABSL_GUARDED_BY(mutex_);
  bool open_ ABSL_GUARDED_BY(mutex_) = false;  // messages can be sent to last_
  mutable Waiters waiters_ ABSL_GUARDED_BY(mutex_);  // while it is STARTING
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_STATUS_BOARD_H_
