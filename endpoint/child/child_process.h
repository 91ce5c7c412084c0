// One run of a child: its pipes, its end, and the ladder that brings it about.
//
// Ownership: owns the process until it is reaped, and our ends of its pipes.
//   Shared by its maker and by the loop's pending waits; the maker calls
//   nothing after OnEnd, and the events outlive OnEnd.
// Threads:   everything on the loop, except the ByteSink, whose Write is for
//   whoever writes. The loop's thread must outlive the process, which the
//   system kills when that thread ends.
// Errors:    Spawn returns what the system refuses; a program that can't be
//   executed is told by OnExecFailed, then OnEnd.
// Memory:    one read of stdout and of stderr, and the last lines.
#ifndef ENDPOINT_CHILD_CHILD_PROCESS_H_
#define ENDPOINT_CHILD_CHILD_PROCESS_H_

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/child/child_setup.h"
#include "endpoint/child/line_splitter.h"
#include "endpoint/child/pipe_reader.h"
#include "endpoint/child/spawn.h"
#include "endpoint/endpoint_state.h"
#include "endpoint/frame_writer.h"
#include "endpoint/process/stop_rung.h"

namespace thespian::gateway {

struct ChildCommand {
  std::vector<std::string> arguments;  // the program first; no shell
  ChildSetup setup;
  std::string trampoline = "/proc/self/exe";
  // How long each rung of the stop ladder waits for the child to end.
  std::chrono::milliseconds stop_grace{5'000};
};

// What happens to a child, in this order: OnRunning or OnExecFailed; OnOutput
// and OnErrorLine any number of times, OnOutputEnd once; OnEnd once, last.
class ChildEvents {
 public:
  virtual ~ChildEvents() = default;
  virtual void OnRunning() = 0;
  virtual void OnExecFailed(const absl::Status& why) = 0;
  virtual void OnOutput(std::string_view bytes) = 0;
  // Nothing more comes from its stdout.
  virtual void OnOutputEnd() = 0;
  virtual void OnErrorLine(std::string_view line, bool truncated) = 0;
  virtual void OnErrorLinesSuppressed(uint64_t lines) = 0;
  virtual void OnInputWritable() = 0;
  // It has closed its stdin, and lives on.
  virtual void OnInputClosed() = 0;
  // It is reaped, its group is dead, its output is drained and closed. Its
  // stdin is closed by its FrameWriter.
  virtual void OnEnd(const ProcessExit& exit) = 0;
};

class ChildProcess : public std::enable_shared_from_this<ChildProcess>,
                     public ByteSink {
 public:
  static absl::StatusOr<std::shared_ptr<ChildProcess>> Start(
      asio::io_context& loop, const ChildCommand& command, ChildEvents& events);

  // Use Start.
  ChildProcess(asio::io_context& loop, const ChildCommand& command,
               ChildEvents& events, SpawnedProcess process);

  pid_t pid() const { return process_.pid; }

  // Goes down the ladder from `first`; never back up. Each rung waits for
  // stop_grace. The first is for a child whose stdin has been closed (by its
  // FrameWriter, which may be writing).
  void Stop(StopRung first);

  // Whether a signal has stopped it.
  bool IsStopped() const;

  std::vector<std::string> LastErrorLines() const { return lines_.Last(); }

  // ByteSink: its stdin.
  absl::StatusOr<size_t> Write(std::span<const iovec> pieces) override;
  void AwaitRoom() override;
  void Close() override;

 private:
  void Listen();
  void AwaitExecReport();
  void TakeExecReport();
  void AwaitProcessEnd();
  void OnProcessEnd();
  void TakeRung(StopRung rung);
  void SignalGroup(int signal);
  void OnErrorBytes(std::string_view bytes);
  void OnErrorEnd();
  void EndIfDone();
  void StopDraining();
  void OnBrokenPipe();

  asio::io_context& loop_;
  const std::chrono::milliseconds stop_grace_;
  ChildEvents& events_;
  SpawnedProcess process_;
  const std::string program_;

  asio::posix::stream_descriptor in_;
  int in_fd_;  // in_'s, for the writing thread
  asio::posix::stream_descriptor pidfd_;
  asio::posix::stream_descriptor exec_report_;
  std::shared_ptr<PipeReader> out_;
  std::shared_ptr<PipeReader> err_;
  LineSplitter lines_;
  asio::steady_timer ladder_timer_;
  asio::steady_timer drain_timer_;
  asio::steady_timer broken_timer_;

  std::optional<StopRung> rung_;
  std::optional<ProcessExit> exit_;
  bool exec_reported_ = false;
  bool out_ended_ = false;
  bool err_ended_ = false;
  bool ended_ = false;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_CHILD_CHILD_PROCESS_H_
