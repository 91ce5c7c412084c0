// A child process and the frames that it and we write to each other, without a
// gateway.
//
// Every wait has a deadline; what the child writes meanwhile is kept.
//
// Ownership: owns the process and its group. The destructor closes its stdin,
//   waits for a second, kills the group and reaps.
// Threads:   thread-compatible. The system kills the child when the thread that
//   started it ends. SIGPIPE must be ignored.
// Errors:    DEADLINE_EXCEEDED when nothing came in time, OUT_OF_RANGE at the
//   end of the child's stdout, DATA_LOSS when its stdout is no stream of frames
//   (also: when it is silent inside a frame), UNAVAILABLE when its stdin is
//   closed; others when the system refuses something.
// Memory:    up to 64 MiB of frames, and the end of its stderr.
#ifndef CLIENTS_CLI_CHECK_CHILD_CONVERSATION_H_
#define CLIENTS_CLI_CHECK_CHILD_CONVERSATION_H_

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/process/spawn.h"
#include "endpoint/wire/frame_decoder.h"

namespace thespian::gateway::cli {

using Deadline = std::chrono::steady_clock::time_point;

struct Frame {
  std::string head;
  std::string content;
};

// How a process ended.
struct ChildEnd {
  bool by_signal = false;
  int number = 0;  // the exit code, or the signal

  bool ok() const { return !by_signal && number == 0; }
  std::string text() const;  // "exit code 1", "signal 6 (Aborted)"
};

class ChildConversation {
 public:
  // Starts `command` through `trampoline`, which calls RunTrampolineIfAsked,
  // and waits until it runs. An error: it can't be started.
  static absl::StatusOr<std::unique_ptr<ChildConversation>> Start(
      const std::string& trampoline, const std::vector<std::string>& command,
      Deadline deadline);
  ~ChildConversation();

  ChildConversation(const ChildConversation&) = delete;
  ChildConversation& operator=(const ChildConversation&) = delete;

  absl::Status Write(std::string_view bytes, Deadline deadline);
  // While true, no read of the child's stdin takes more than one Write.
  absl::Status KeepWritesApart(bool apart);
  void CloseStdin() { process_.in.Reset(); }

  absl::StatusOr<Frame> Next(Deadline deadline);
  absl::StatusOr<ChildEnd> AwaitEnd(Deadline deadline);

  // The last line of its stderr so far.
  std::string_view last_error_line() const;
  // The bytes of its stdout that are no frame; meaningful after DATA_LOSS.
  std::string_view offending_bytes() const { return unframed_; }

 private:
  explicit ChildConversation(SpawnedProcess process)
      : process_(std::move(process)) {}

  absl::Status AwaitExec(const std::string& program, Deadline deadline);
  // Waits for one of its descriptors and serves each that is ready.
  absl::Status Step(Deadline deadline);
  void WriteSome();
  void ReadOutput();
  void ReadErrors();
  absl::Status KeepFrame(std::string_view content);
  // What came before its end is in the pipes by then.
  void Drain();
  absl::Status Reap();

  SpawnedProcess process_;
  std::string_view unsent_;  // of the Write that goes on
  FrameDecoder decoder_{kMaxSkippedFrameBytes};
  absl::Status output_status_;  // not OK: no frame follows those kept
  std::string unframed_;        // read, and not yet part of a frame
  std::deque<Frame> frames_;
  size_t kept_bytes_ = 0;
  std::string errors_;
  bool exited_ = false;
  std::optional<ChildEnd> end_;  // set: it is reaped
};

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_CHECK_CHILD_CONVERSATION_H_
