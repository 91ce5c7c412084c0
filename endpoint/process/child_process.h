// One process, from its spawn to its end: whether its program runs, its stderr,
// its end, and the ladder that brings that about. Its stdin and stdout are a
// transport's.
//
// Ownership: owns the process until it is reaped, and our end of its stderr.
//   Shared by its maker and by the loop's pending waits; the events outlive
//   OnEnd.
// Threads:   the loop's alone. Its thread must outlive the process, which the
//   system kills when that thread ends.
// Errors:    Start returns what the system refuses; a program that can't be
//   executed is told by OnExecFailed.
// Memory:    one read of stderr, and the last lines.
#ifndef ENDPOINT_PROCESS_CHILD_PROCESS_H_
#define ENDPOINT_PROCESS_CHILD_PROCESS_H_

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/endpoint_state.h"
#include "endpoint/loop/pipe_reader.h"
#include "endpoint/loop/watched.h"
#include "endpoint/process/child_command.h"
#include "endpoint/process/line_splitter.h"
#include "endpoint/process/spawn.h"
#include "endpoint/process/stop_rung.h"

namespace thespian::gateway {

// What happens to a child: OnRunning or OnExecFailed; OnErrorLine any number of
// times; OnReaped once, at any point; OnEnd once, last.
class ProcessEvents {
 public:
  virtual ~ProcessEvents() = default;

  virtual void OnRunning() = 0;
  virtual void OnExecFailed(const absl::Status& why) = 0;
  virtual void OnErrorLine(std::string_view line, bool truncated) = 0;
  // Lines that were held back since the last call; at most once in
  // kSuppressedPeriod, and before OnEnd.
  virtual void OnErrorLinesSuppressed(uint64_t lines) = 0;
  // It has ended, and its group is dead. What it wrote may still be read.
  virtual void OnReaped() = 0;
  // Its stderr has been read to the end.
  virtual void OnEnd(const ProcessExit& exit) = 0;
};

class ChildProcess : public std::enable_shared_from_this<ChildProcess> {
 public:
  static constexpr std::chrono::seconds kSuppressedPeriod{1};

  struct Started {
    std::shared_ptr<ChildProcess> process;
    Watched in;  // our ends of its stdin and stdout
    Watched out;
  };
  // Takes the pipes from `reserve`, and fills it again.
  static absl::StatusOr<Started> Start(asio::io_context& loop,
                                       const ChildCommand& command,
                                       PipeReserve& reserve,
                                       ProcessEvents& events);

  // What the loop watches of a process.
  struct Descriptors {
    Watched pidfd;
    Watched in;
    Watched out;
    Watched err;
    Watched exec_report;
  };

  // Use Start.
  ChildProcess(asio::io_context& loop, const ChildCommand& command,
               ProcessEvents& events, pid_t pid, Descriptors& descriptors);

  pid_t pid() const { return pid_; }

  // Goes down the ladder from `first`; never back up. Each rung waits for
  // stop_grace.
  void Stop(StopRung first);

  // Whether a signal has stopped it.
  bool IsStopped() const;

  std::vector<std::string> LastErrorLines() const { return lines_.Last(); }

 private:
  static absl::StatusOr<Descriptors> WatchAll(asio::io_context& loop,
                                              SpawnedProcess& process);
  void Listen(Watched err);
  void AwaitExecReport();
  void TakeExecReport();
  void AwaitProcessEnd();
  void OnProcessEnd();
  void TakeRung(StopRung rung);
  void SignalGroup(int signal);
  void LeaveGuard();
  void OnErrorBytes(std::string_view bytes);
  void OnErrorEnd();
  void ReportSuppressed();
  void EndIfDone();

  asio::io_context& loop_;
  const std::chrono::milliseconds stop_grace_;
  ProcessEvents& events_;
  const pid_t pid_;
  const std::string program_;
  const GroupGuard* const guard_;  // null: none

  Watched pidfd_;
  Watched exec_report_;
  std::shared_ptr<PipeReader> err_;  // null: it has ended
  LineSplitter lines_;
  asio::steady_timer suppressed_timer_;
  bool suppressed_awaited_ = false;  // the timer runs
  asio::steady_timer ladder_timer_;

  std::optional<StopRung> rung_;
  std::optional<ProcessExit> exit_;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_PROCESS_CHILD_PROCESS_H_
