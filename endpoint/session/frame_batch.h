// Messages for the child: one, or those of one local actor, or of several, that
// go out together.
//
// Ownership: a message is a view. A batch owns its frames, and shares the
//   session that they are for until it is submitted.
// Threads:   thread-compatible.
#ifndef ENDPOINT_SESSION_FRAME_BATCH_H_
#define ENDPOINT_SESSION_FRAME_BATCH_H_

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "endpoint/journal/event_journal.h"
#include "endpoint/journal/proxy_event.h"
#include "endpoint/wire/ids.h"

namespace thespian::gateway {

class Session;

// A message for the child.
struct Outgoing {
  LocalId from;  // 0: anonymous
  std::variant<RemoteId, std::string_view> to;
  Incarnation incarnation;  // of a remote id; 0: the current one
  std::string_view payload;
  // `from` is an attached client, which may have more to say.
  bool attached = false;
};

// A batch of this size should be submitted before more is added.
inline constexpr size_t kFullBatchBytes = 64u << 10;

// Messages that go out together, in order; mostly of one local actor. Who
// watches is woken when it ends: after the write, and whatever its owner does
// about that.
class FrameBatch {
 public:
  // Room for `expected` messages is taken at once. `from` may be 0 where
  // several speak.
  explicit FrameBatch(LocalId from, size_t expected = 0)
      : from_(from), expected_(expected) {
    events_.reserve(expected);
  }

  bool empty() const { return frames_ == 0; }
  size_t frames() const { return frames_; }
  size_t bytes() const { return bytes_.size(); }
  // 0: it is empty.
  Incarnation incarnation() const { return incarnation_; }

 private:
  friend class SessionSender;

  // Room for frames like the first.
  void ReserveBytes() {
    bytes_.reserve(std::min(kFullBatchBytes, expected_ * bytes_.size()));
  }

  LocalId from_;
  std::vector<LocalId> others_;  // that speak, too
  size_t expected_ = 0;
  std::shared_ptr<Session> session_;  // set by the first message
  Incarnation incarnation_;
  std::string bytes_;
  size_t frames_ = 0;
  std::vector<RemoteId> remotes_;  // of the messages by id
  std::vector<LocalId> minted_;    // ids that speak for nobody
  std::vector<ProxyEvent> events_;
  EventJournal::Wakeup wakeup_;  // of those that were submitted
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_SESSION_FRAME_BATCH_H_
