#include "tests/support/child_on_loop.h"

#include <sys/uio.h>

#include <array>
#include <utility>

#include "endpoint/endpoint_state.h"
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
  auto child = ChildProcess::Start(loop_, command_, *this);
  if (!child.ok()) return child.status();
  child_ = *std::move(child);
  return absl::OkStatus();
}

void ChildOnLoop::RunToEnd() {
  loop_.restart();
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!ended_ && loop_.run_one_until(deadline) > 0) {
  }
  EXPECT_TRUE(ended_) << "the child did not end";
  if (!ended_) return;
  child_->Close();
  loop_.restart();
  loop_.run_for(kPatience);
}

absl::StatusOr<size_t> ChildOnLoop::Write(std::string_view bytes) {
  // writev does not change what it is given.
  const std::array<iovec, 1> pieces = {
      {{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()}}};
  return child_->Write(pieces);
}

void ChildOnLoop::OnRunning() {
  events_.push_back("running");
  on_running();
}

void ChildOnLoop::OnExecFailed(const absl::Status& why) {
  events_.push_back("exec failed");
  exec_failure_ = why;
}

void ChildOnLoop::OnOutput(std::string_view bytes) {
  output_ += bytes;
  on_output();
}

void ChildOnLoop::OnOutputEnd() { events_.push_back("output end"); }

void ChildOnLoop::OnErrorLine(std::string_view line, bool) {
  lines_.emplace_back(line);
  on_line(line);
}

void ChildOnLoop::OnErrorLinesSuppressed(uint64_t lines) {
  suppressed_ += lines;
}

void ChildOnLoop::OnInputWritable() { on_writable(); }
void ChildOnLoop::OnInputClosed() { on_closed(); }

void ChildOnLoop::OnEnd(const ProcessExit& exit) {
  events_.push_back("end " + Describe(exit));
  ended_ = true;
}

}  // namespace thespian::gateway
