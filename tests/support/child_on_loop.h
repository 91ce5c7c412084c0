// One ChildProcess with its stdio on the calling thread's loop, whose events a
// test is told as texts: "running", "line ready", "output end", "end exit code
// 0".
//
// Ownership: owns the loop and the child.
// Threads:   thread-compatible.
// Errors:    RunToEnd fails the test if the child does not end.
#ifndef TESTS_SUPPORT_CHILD_ON_LOOP_H_
#define TESTS_SUPPORT_CHILD_ON_LOOP_H_

#include <asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/endpoint_state.h"
#include "endpoint/process/child_process.h"
#include "endpoint/process/spawn.h"
#include "endpoint/transport/child_stdio.h"
#include "endpoint/transport/transport.h"

namespace thespian::gateway {

class ChildOnLoop final : private ProcessEvents, private TransportEvents {
 public:
  explicit ChildOnLoop(
      std::vector<std::string> arguments,
      std::chrono::milliseconds stop_grace = std::chrono::milliseconds(20));
  ~ChildOnLoop() override;

  absl::Status Start();

  // Runs the loop until the child has ended.
  void RunToEnd();

  // Called on the loop when that happens.
  std::function<void()> on_running = [] {};
  std::function<void(std::string_view line)> on_line = [](std::string_view) {};
  std::function<void()> on_suppressed = [] {};
  std::function<void()> on_output = [] {};
  std::function<void()> on_writable = [] {};
  std::function<void()> on_closed = [] {};

  ChildProcess& child() { return *child_; }
  Transport& stdio() { return *stdio_; }
  // As a FrameWriter does.
  absl::StatusOr<size_t> Write(std::string_view bytes);

  const std::vector<std::string>& events() const { return events_; }
  const std::string& output() const { return output_; }
  const std::vector<std::string>& lines() const { return lines_; }
  // Lines that were held back, and how often that was told.
  uint64_t suppressed() const { return suppressed_; }
  int suppressed_notices() const { return suppressed_notices_; }
  // Why it could not be executed; OK if it could.
  const absl::Status& exec_failure() const { return exec_failure_; }
  // The last event's text, such as "end signal 9 (Killed)".
  std::string end() const { return events_.empty() ? "" : events_.back(); }
  bool ended() const { return ended_; }

 private:
  void OnRunning() override;
  void OnExecFailed(const absl::Status& why) override;
  void OnErrorLine(std::string_view line, bool truncated) override;
  void OnErrorLinesSuppressed(uint64_t lines) override;
  void OnReaped() override;
  void OnEnd(const ProcessExit& exit) override;

  void OnOpened() override {}
  void OnBytes(std::string_view bytes) override;
  void OnWritable() override;
  void OnInputClosed() override;
  void OnEnded() override;

  void EndIfDone();

  asio::io_context loop_{1};
  ChildCommand command_;
  PipeReserve reserve_;
  std::shared_ptr<ChildProcess> child_;
  std::shared_ptr<ChildStdio> stdio_;
  std::vector<std::string> events_;
  std::string output_;
  std::vector<std::string> lines_;
  uint64_t suppressed_ = 0;
  int suppressed_notices_ = 0;
  absl::Status exec_failure_;
  bool output_ended_ = false;
  std::optional<ProcessExit> exit_;
  bool ended_ = false;
};

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_CHILD_ON_LOOP_H_
