// One ChildProcess on the calling thread's loop, whose events a test hears as
// texts: "running", "line ready", "output end", "end exit code 0".
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
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/child/child_process.h"

namespace thespian::gateway {

class ChildOnLoop final : private ChildEvents {
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
  std::function<void()> on_output = [] {};
  std::function<void()> on_writable = [] {};
  std::function<void()> on_closed = [] {};

  ChildProcess& child() { return *child_; }
  // As a FrameWriter does.
  absl::StatusOr<size_t> Write(std::string_view bytes);

  const std::vector<std::string>& events() const { return events_; }
  const std::string& output() const { return output_; }
  const std::vector<std::string>& lines() const { return lines_; }
  uint64_t suppressed() const { return suppressed_; }
  // Why it could not be executed; OK if it could.
  const absl::Status& exec_failure() const { return exec_failure_; }
  // The last event's text, such as "end signal 9 (Killed)".
  std::string end() const { return events_.empty() ? "" : events_.back(); }
  bool ended() const { return ended_; }

 private:
  void OnRunning() override;
  void OnExecFailed(const absl::Status& why) override;
  void OnOutput(std::string_view bytes) override;
  void OnOutputEnd() override;
  void OnErrorLine(std::string_view line, bool truncated) override;
  void OnErrorLinesSuppressed(uint64_t lines) override;
  void OnInputWritable() override;
  void OnInputClosed() override;
  void OnEnd(const ProcessExit& exit) override;

  asio::io_context loop_{1};
  ChildCommand command_;
  std::shared_ptr<ChildProcess> child_;
  std::vector<std::string> events_;
  std::string output_;
  std::vector<std::string> lines_;
  uint64_t suppressed_ = 0;
  absl::Status exec_failure_;
  bool ended_ = false;
};

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_CHILD_ON_LOOP_H_
