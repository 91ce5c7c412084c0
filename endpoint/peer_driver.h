// Does what a Supervisor decides, with a real peer: tells it what happens to
// the peer and to the session, and carries out what follows.
//
// Ownership: owns the peer and, with whoever sends, the present session.
//   Borrows the rest.
// Threads:   the loop's alone; the loop runs while the peer does.
// Errors:    those of the Supervisor.
// Memory:    that of a session.
#ifndef ENDPOINT_PEER_DRIVER_H_
#define ENDPOINT_PEER_DRIVER_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "endpoint/endpoint_deps.h"
#include "endpoint/endpoint_options.h"
#include "endpoint/endpoint_state.h"
#include "endpoint/endpoint_status.h"
#include "endpoint/flight/flight_recorder.h"
#include "endpoint/log_fields.h"
#include "endpoint/loop/loop_thread.h"
#include "endpoint/loop/loop_timer.h"
#include "endpoint/peer/peer.h"
#include "endpoint/session/end_notices.h"
#include "endpoint/session/session.h"
#include "endpoint/status_board.h"
#include "endpoint/supervision/idle_detector.h"
#include "endpoint/supervision/peer_kind.h"
#include "endpoint/supervision/supervisor.h"
#include "endpoint/transport/lazy_transport.h"

namespace thespian::gateway {

class PeerDriver final : private PeerEvents, private SessionEvents {
 public:
  // The endpoint's own.
  struct Parts {
    const EndpointFacts& facts;
    LoopThread& loop;
    EndpointStats& stats;
    FlightRecorder& recorder;
    StatusBoard& board;
    EndNotices& ends;
    EndpointRelay* relay = nullptr;  // null: it has none
  };

  PeerDriver(const Parts& parts, EndpointDeps deps);
  ~PeerDriver() override = default;

  // Does what follows from `event`.
  void Handle(Supervisor::Event event);

 private:
  void Do(Supervisor::BeginIncarnation& action);
  void Do(Supervisor::AwaitMessage& action);
  void Do(Supervisor::DropSession& action);
  void Do(Supervisor::SpawnChild& action);
  void Do(Supervisor::StartLater& action);
  void Do(Supervisor::EnterState& action);
  void Do(Supervisor::TellEnds& action);
  void Do(Supervisor::CloseInput& action);
  void Do(Supervisor::EndSession& action);
  void Do(Supervisor::StopChild& action);
  void Do(Supervisor::RecordExit& action);
  void Do(Supervisor::Complete& action);

  void OnPeerReady() override;
  void OnPeerFailed(const absl::Status& why, bool shortage) override;
  void OnErrorLine(std::string_view line, bool truncated) override;
  void OnErrorLinesSuppressed(uint64_t lines) override;
  void OnPeerGone() override;
  void OnPeerEnded(const std::optional<ProcessExit>& exit) override;

  void OnSessionOpened() override;
  void OnSessionFailed(const absl::Status& why) override;
  void OnSessionGoodbye(const std::string& reason) override;
  void OnSessionInputClosed() override;
  void OnSessionEnded(const absl::Status& whole) override;

  std::unique_ptr<Peer> MakePeer();
  // A child sees the end of its stdin; others are told before.
  bool is_child() const { return &kind_ == &kChildPeerKind; }
  void BeginSession(std::shared_ptr<Transport> transport);
  void StartTimers();
  void Wake(Incarnation incarnation);
  // The session is let go of.
  void ForgetSession();
  // The run is over once the peer's and the session's are.
  void EndIfDone();
  void LookForIdle();
  void LookForHang();
  // Stops what was started on demand once it has had nothing to do.
  void LookForRest();
  bool Rests() const;
  std::chrono::nanoseconds RestLook() const;
  bool IsBusy() const;
  uint64_t Traffic() const;
  LogFields FieldsNow() const;
  void LogFlightRecord();
  void LogState(const StatusBoard::Row& row);
  void TellClients(EndpointState state, Incarnation incarnation,
                   std::string_view reason);

  const Parts parts_;
  EndpointDeps deps_;
  const PeerKind& kind_;
  Supervisor supervisor_;
  const std::unique_ptr<Peer> peer_;
  bool peer_ended_ = false;          // its present run
  std::optional<ProcessExit> exit_;  // of that
  std::shared_ptr<Session> session_;
  std::shared_ptr<LazyTransport> lazy_;  // its transport, if that came before
  IdleDetector rest_;
  LoopTimer restart_timer_;
  LoopTimer idle_timer_;
  LoopTimer hang_timer_;
  LoopTimer rest_timer_;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_PEER_DRIVER_H_
