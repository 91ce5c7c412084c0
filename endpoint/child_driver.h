// Does what a Supervisor decides, with real processes: tells it what happens to
// the child and to the session, and carries out what follows.
//
// Ownership: owns the child and, with whoever sends, the present session.
//   Borrows the rest.
// Threads:   the loop's alone; the loop runs while there is a child.
// Errors:    those of the Supervisor.
// Memory:    that of a session.
#ifndef ENDPOINT_CHILD_DRIVER_H_
#define ENDPOINT_CHILD_DRIVER_H_

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
#include "endpoint/process/child_process.h"
#include "endpoint/process/spawn.h"
#include "endpoint/session/end_notices.h"
#include "endpoint/session/session.h"
#include "endpoint/status_board.h"
#include "endpoint/supervision/supervisor.h"

namespace thespian::gateway {

class ChildDriver final : private ProcessEvents, private SessionEvents {
 public:
  // The endpoint's own.
  struct Parts {
    const EndpointFacts& facts;
    LoopThread& loop;
    EndpointStats& stats;
    FlightRecorder& recorder;
    StatusBoard& board;
    EndNotices& ends;
  };

  ChildDriver(const Parts& parts, EndpointDeps deps);
  ~ChildDriver() override = default;

  // Does what follows from `event`.
  void Handle(Supervisor::Event event);

 private:
  void Do(Supervisor::BeginIncarnation& action);
  void Do(Supervisor::SpawnChild& action);
  void Do(Supervisor::StartLater& action);
  void Do(Supervisor::EnterState& action);
  void Do(Supervisor::TellEnds& action);
  void Do(Supervisor::CloseInput& action);
  void Do(Supervisor::EndSession& action);
  void Do(Supervisor::StopChild& action);
  void Do(Supervisor::RecordExit& action);
  void Do(Supervisor::Complete& action);

  void OnRunning() override;
  void OnExecFailed(const absl::Status& why) override;
  void OnErrorLine(std::string_view line, bool truncated) override;
  void OnErrorLinesSuppressed(uint64_t lines) override;
  void OnReaped() override;
  void OnEnd(const ProcessExit& exit) override;

  void OnSessionOpened() override;
  void OnSessionFailed(const absl::Status& why) override;
  void OnSessionGoodbye(const std::string& reason) override;
  void OnSessionInputClosed() override;
  void OnSessionEnded(const absl::Status& whole) override;

  void BeginSession(ChildProcess::Started started);
  // The child has ended once its process and its session have.
  void EndIfDone();
  void LookForIdle();
  void LookForHang();
  LogFields FieldsNow() const;
  void LogFlightRecord();
  void LogState(const StatusBoard::Row& row);
  void TellClients(EndpointState state, Incarnation incarnation,
                   std::string_view reason);

  const Parts parts_;
  EndpointDeps deps_;
  Supervisor supervisor_;
  PipeReserve reserve_;
  std::shared_ptr<ChildProcess> child_;
  std::optional<ProcessExit> exit_;  // of child_, once it has ended
  std::shared_ptr<Session> session_;
  LoopTimer restart_timer_;
  LoopTimer idle_timer_;
  LoopTimer hang_timer_;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_CHILD_DRIVER_H_
