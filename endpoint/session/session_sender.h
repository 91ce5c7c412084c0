// What any thread may do with an endpoint's present session: send, link, and
// say that a local actor has ended.
//
// Ownership: borrows all of it. Whoever sends holds the session until the frame
//   is written.
// Threads:   safe from any thread.
// Errors:    as the API says, by MakeError.
#ifndef ENDPOINT_SESSION_SESSION_SENDER_H_
#define ENDPOINT_SESSION_SESSION_SENDER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/actors/local_actors.h"
#include "endpoint/clock.h"
#include "endpoint/endpoint_options.h"
#include "endpoint/journal/event_journal.h"
#include "endpoint/session/frame_batch.h"
#include "endpoint/session/frame_writer.h"
#include "endpoint/session/outgoing_rules.h"
#include "endpoint/wire/ids.h"

namespace thespian::gateway {

class EndNotices;
class LoopThread;
class StatusBoard;

class SessionSender {
 public:
  struct Deps {
    const EndpointFacts& facts;
    const Clock& clock;
    EventJournal& journal;
    LocalActors& locals;
    const StatusBoard& board;
    LoopThread& loop;
    EndNotices& ends;
  };

  // What the child's writer did with a batch.
  struct Submitted {
    std::shared_ptr<Session> session;
    FrameWriter::Outcome outcome;
  };

  explicit SessionSender(const Deps& deps) : deps_(deps), rules_(deps.facts) {}

  // Of the endpoint.
  const EndpointFacts& facts() const { return deps_.facts; }

  // Checks a message and adds its frame to `batch`, which is unchanged if the
  // message is refused.
  absl::Status Add(const Outgoing& message, FrameBatch& batch);

  // Hands the batch to the child's writer. `done` is called, once, only if the
  // frames wait. QUEUE_FULL leaves both as they were.
  absl::StatusOr<Submitted> Submit(FrameBatch& batch, FrameWriter::Done& done);

  // Takes back what has not begun to be written. False: it is too late.
  static bool Withdraw(const Submitted& submitted, const absl::Status& why);

  // Links `actor` to a remote actor. One that has ended is answered with an
  // Exited in the actor's mailbox.
  absl::Status Link(const std::shared_ptr<LocalActor>& actor, RemoteId remote,
                    Incarnation incarnation);

  // A local actor has ended: the child will be told, if it knows the actor,
  // within milliseconds and together with others.
  void EndLocal(const std::shared_ptr<LocalActor>& actor);

  // Whether a message that is refused with ENDPOINT_DOWN may be taken soon, as
  // WhenRoom says: the child is being started.
  bool ComesUp() const;

  // Calls `room` once, when the child's queue has room again, or is no more;
  // while the child is being started, when it runs or does not.
  void WhenRoom(absl::AnyInvocable<void() &&> room);

 private:
  absl::Status AppendMessage(const Outgoing& message, Session& session,
                             std::string& bytes) const;
  // What a message of nobody is signed with, if anything: an id of its own.
  Outgoing Sign(const Outgoing& message) const;
  MessageSent SentEvent(const Outgoing& message) const;
  // Their ends are told once they may have been answered.
  void HoldExits(Session& session, const std::vector<LocalId>& minted);

  const Deps deps_;
  const OutgoingRules rules_;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_SESSION_SESSION_SENDER_H_
