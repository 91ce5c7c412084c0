#include "tests/support/child_on_loop.h"

#include <sys/uio.h>

#include <array>
#include <utility>

#include "gmock/gmock.h"
#include "tests/support/patience.h"

namespace thespian::gateway {

ChildOnLoop::ChildOnLoop(std::vector<std::string> arguments,
                         std::chrono::milliseconds stop_grace)
    : command_{.arguments = std::move(arguments), .stop_grace = stop_grace} {}

ChildOnLoop::~ChildOnLoop() {
  if (child_ == nullptr || ended_) return;
  child_->Stop(StopRung::kKill);
  RunToEnd();
}

absl::Status ChildOnLoop::Start() {
  auto started = ChildProcess::Start(loop_, command_, reserve_, *this);
  if (!started.ok()) return started.status();
  child_ = std::move(started->process);
  stdio_ = std::make_shared<ChildStdio>(loop_, std::move(started->in),
                                        std::move(started->out));
  return absl::OkStatus();
}

void ChildOnLoop::RunToEnd() {
  loop_.restart();
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!ended_ && loop_.run_one_until(deadline) > 0) {
  }
  EXPECT_TRUE(ended_) << "the child did not end";
  if (!ended_) return;
  stdio_->Close();
  loop_.restart();
  loop_.run_for(kPatience);
}

absl::StatusOr<size_t> ChildOnLoop::Write(std::string_view bytes) {
  // writev does not change what it is given.
  const std::array<iovec, 1> pieces = {
      {{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()}}};
  return stdio_->Write(pieces);
}

void ChildOnLoop::OnRunning() {
  events_.push_back("running");
  on_running();
  stdio_->Open(*this);
}

void ChildOnLoop::OnExecFailed(const absl::Status& why) {
  events_.push_back("exec failed");
  exec_failure_ = why;
  stdio_->Open(*this);
}

void ChildOnLoop::OnBytes(std::string_view bytes) {
  output_ += bytes;
  on_output();
}

void ChildOnLoop::OnEnded() {
  events_.push_back("output end");
  output_ended_ = true;
  EndIfDone();
}

void ChildOnLoop::OnErrorLine(std::string_view line, bool) {
  lines_.emplace_back(line);
  on_line(line);
}

void ChildOnLoop::OnErrorLinesSuppressed(uint64_t lines) {
  suppressed_ += lines;
  ++suppressed_notices_;
  on_suppressed();
}

void ChildOnLoop::OnWritable() { on_writable(); }
void ChildOnLoop::OnInputClosed() { on_closed(); }

void ChildOnLoop::OnReaped() { stdio_->Drain(); }

void ChildOnLoop::OnEnd(const ProcessExit& exit) {
  exit_ = exit;
  EndIfDone();
}

void ChildOnLoop::EndIfDone() {
  if (!exit_.has_value() || !output_ended_) return;
  events_.push_back("end " + Describe(*exit_));
  ended_ = true;
}

}  // namespace thespian::gateway
