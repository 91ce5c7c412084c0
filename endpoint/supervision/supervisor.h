// Decides what becomes of one endpoint: it is given what happens and what is
// asked for (events), and returns what is to be done (actions), in order.
//
//   STARTING -> RUNNING <-> UNRESPONSIVE     an exec that fails, and any end
//      ^           |                         that nobody asked for, leads to
//      |        STOPPING                     BACKOFF or FAILED, as the
//   BACKOFF <------+----> STOPPED, FAILED    RestartPolicy says
//
// On demand, it begins in IDLE, and returns there when it has had nothing to
// do: the session of the next run is there already and takes messages, the
// first of which wakes it to STARTING. What waits in the session does so until
// RUNNING; a start that fails ends it.
//
// A start for which the gateway itself lacks something (descriptors, memory) is
// tried again whatever the policy says, and counts for nothing.
//
// What is said of a child holds for any peer; in what they differ, the PeerKind
// says. A peer over a socket is spawned when it is dialled or taken, has
// exec_failed if it can't be reached, and has ended when the connection has.
//
// It is pure: no loop, no clock, no lock, no log, and no child. SpawnChild is
// always the last action; Spawned or SpawnFailed must follow it.
//
// Ownership: owns the requests that are not completed yet.
// Threads:   thread-compatible; an endpoint's loop.
// Errors:    SHUTTING_DOWN, ENDPOINT_DOWN or ENDPOINT_FAILED for requests, and
//   what the system said of a program that can't be executed.
// Memory:    the requests, and the latest starts (see RestartPolicy).
#ifndef ENDPOINT_SUPERVISION_SUPERVISOR_H_
#define ENDPOINT_SUPERVISION_SUPERVISOR_H_

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "endpoint/endpoint_state.h"
#include "endpoint/process/stop_rung.h"
#include "endpoint/supervision/hang_detector.h"
#include "endpoint/supervision/peer_kind.h"
#include "endpoint/supervision/restart_policy.h"

namespace thespian::gateway {

struct HangOptions {
  // How long bytes may wait for a child that takes none of them before it is
  // held to hang; 0: for ever.
  std::chrono::milliseconds timeout{0};
  // A child that hangs is ended, and started again if the policy says so.
  bool end = false;

  bool operator==(const HangOptions&) const = default;
};

class Supervisor {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  enum class FirstStart { kAtOnce, kOnDemand };
  // What can be asked for. kStart: that the child runs, now.
  enum class Request { kStart, kStop, kRestart };
  // Called once the endpoint has settled (RUNNING, IDLE, STOPPED, FAILED, or in
  // BACKOFF): OK if as it was asked.
  using Completion = absl::AnyInvocable<void(absl::Status) &&>;

  // --- Events ---------------------------------------------------------------

  // The first start; on demand, what comes before it. If the program can't be
  // executed, it is not tried again; if the gateway lacks something, it is OK,
  // and tried again.
  struct Begin {
    Completion completion;
  };
  struct Ask {
    Request request;
    Completion completion;
  };
  // The owner wants the child to end, for good.
  struct End {
    StopRung first;
  };
  // SpawnChild has been done.
  struct Spawned {};
  struct SpawnFailed {
    absl::Status why;
    bool shortage = false;  // of the gateway's: there was no child
  };
  // The program runs, and its transport is open.
  struct Opened {};
  struct ExecFailed {
    absl::Status why;
    bool shortage = false;  // of the system's: it may succeed later
  };
  // The child can't be worked with any more, and that is why it must end.
  struct TransportFailed {
    std::string cause;
    StopRung first;
  };
  // The child ended the stream, with a reason.
  struct Goodbye {
    std::string reason;
  };
  // Nothing more comes from the child.
  struct TransportEnded {
    std::string cut;  // how it stopped inside a frame; empty: it did not
  };
  // The child has closed its stdin, and lives on.
  struct InputClosed {};
  // How the child looks from outside; for hang_timeout.
  struct Looked {
    HangDetector::Sight sight;
  };
  struct ChildEnded {
    std::optional<ProcessExit> exit;  // nothing: the peer is no process of ours
  };
  // The delay of StartLater is over.
  struct RestartDue {};
  // Another endpoint has its place: the end of the present run is its end. One
  // that is IDLE may still be woken, for a last run: a message may be on its
  // way.
  struct Drain {};
  // Something waits in the session of AwaitMessage.
  struct Wake {};
  // It has had nothing to do for long enough, and takes no messages any more.
  struct Idled {};

  using Event =
      std::variant<Begin, Ask, End, Spawned, SpawnFailed, Opened, ExecFailed,
                   TransportFailed, Goodbye, TransportEnded, InputClosed,
                   Looked, ChildEnded, RestartDue, Drain, Wake, Idled>;

  // --- Actions --------------------------------------------------------------

  struct BeginIncarnation {};
  // The session of the incarnation begins without a child; Wake is to follow.
  struct AwaitMessage {};
  // That session ends without one.
  struct DropSession {
    std::string why;
  };
  struct SpawnChild {};
  // RestartDue is to follow after `delay`, unless another state is entered.
  struct StartLater {
    std::chrono::milliseconds delay;
  };
  struct EnterState {
    EndpointState state;
    std::string reason;
  };
  // The ends of local actors that the child has not been told of yet.
  struct TellEnds {};
  // Nothing more is written to the child: its stdin is closed.
  struct CloseInput {
    std::string why;
  };
  // The child's actors are gone. `failed`: the cause is worth a look back.
  struct EndSession {
    std::string why;
    bool failed;
  };
  struct StopChild {
    StopRung first;
  };
  // The child is gone, for this reason. `by_itself`: nobody asked for it.
  struct RecordExit {
    std::optional<ProcessExit> exit;
    std::string reason;
    bool by_itself;
  };
  struct Complete {
    Completion completion;
    absl::Status status;
  };

  using Action =
      std::variant<BeginIncarnation, AwaitMessage, DropSession, SpawnChild,
                   StartLater, EnterState, TellEnds, CloseInput, EndSession,
                   StopChild, RecordExit, Complete>;
  using Actions = std::vector<Action>;

  // `endpoint` is its name, for messages.
  Supervisor(std::string endpoint, const HangOptions& hang,
             RestartPolicy policy, const PeerKind& kind = kChildPeerKind,
             FirstStart first_start = FirstStart::kAtOnce);

  // What follows from `event`, which happened at `now`.
  Actions On(Event event, TimePoint now);

  EndpointState state() const { return state_; }
  // Whether the child's stream is open: what it says is dispatched.
  bool transport_open() const {
    return child_.has_value() && child_->transport_open;
  }

 private:
  // What is wanted of the child; kRest: that it ends until it is needed.
  // Nothing follows kEnd.
  enum class Goal { kRun, kRest, kStop, kRestart, kEnd };
  struct Waiter {
    Request request;
    Completion completion;
    bool begin = false;
  };
  // What is known of the child, from its spawn to its end.
  struct Child {
    Child(std::chrono::milliseconds patience, std::string_view reads_nothing)
        : hang(patience, reads_nothing) {}

    bool transport_open = true;
    std::string end_cause;      // the failure that ended the transport, if any
    std::string end_why;        // why it ended, if nobody asked for that
    absl::Status exec_failure;  // of the program; OK: it could be executed
    bool shortage = false;      // what exec_failure comes from
    bool counted = false;       // as a start
    HangDetector hang;
  };

  void Handle(Begin& event);
  void Handle(Ask& event);
  void Handle(End& event);
  void Handle(Spawned& event);
  void Handle(SpawnFailed& event);
  void Handle(Opened& event);
  void Handle(ExecFailed& event);
  void Handle(TransportFailed& event);
  void Handle(Goodbye& event);
  void Handle(TransportEnded& event);
  void Handle(InputClosed& event);
  void Handle(Looked& event);
  void Handle(ChildEnded& event);
  void Handle(RestartDue& event);
  void Handle(Drain& event);
  void Handle(Wake& event);
  void Handle(Idled& event);

  // No run follows the present one.
  bool is_last() const {
    return draining_ || kind_.again_when == PeerKind::Again::kNever;
  }
  // The goal of an end that was asked for, which is that of the last run.
  Goal Ending(Goal goal) const { return is_last() ? Goal::kEnd : goal; }
  void Start();
  // The next run begins with its first message.
  void Rest();
  void WakeUp();
  // The session that waits for a child, if there is one, does so in vain.
  void DropSessionFor(std::string_view why);
  void WantRunning();
  void EndRest(Goal goal, std::string_view who);
  void Stop(Goal goal, std::string_view who, StopRung first);
  void FailTransport(std::string cause, StopRung first);
  void EndTransport(std::string why, StopRung first, bool failed);
  // How the child ended, in words.
  std::string ReasonOf(const Child& child,
                       const std::optional<ProcessExit>& exit) const;
  // What follows when the child has ended and nobody asked for it.
  void DecideRestart(bool failed, const std::string& reason,
                     const absl::Status& exec_failure);
  void CountStart();
  // There was no child, for want of something that others may give back.
  void WaitForPlenty(const absl::Status& why);
  void EndFor(std::string_view reason, const absl::Status& exec_failure);
  void BackOff(std::string_view reason, std::chrono::milliseconds delay,
               const absl::Status& exec_failure);
  void Enter(EndpointState state, std::string reason);
  // The endpoint has settled, and why if it failed.
  void CompleteAll(const absl::Status& status);
  template <typename AnyAction>
  void Do(AnyAction action) {
    actions_.emplace_back(std::move(action));
  }

  const std::string endpoint_;
  const HangOptions hang_;
  const PeerKind& kind_;
  const FirstStart first_start_;
  RestartPolicy policy_;

  Goal goal_ = Goal::kRun;
  EndpointState state_ = EndpointState::kStarting;
  std::string reason_;  // for the state
  std::vector<Waiter> waiters_;
  std::optional<Child> child_;
  bool draining_ = false;       // see Drain
  bool session_waits_ = false;  // for a child
  bool ran_once_ = false;       // some incarnation's program was executed

  // Of the event that is being handled.
  TimePoint now_;
  Actions actions_;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_SUPERVISION_SUPERVISOR_H_
