#include "endpoint/peer/child_peer.h"

#include <utility>

#include "endpoint/transport/child_stdio.h"

namespace thespian::gateway {

absl::StatusOr<std::shared_ptr<Transport>> ChildPeer::Begin() {
  absl::StatusOr<ChildProcess::Started> started =
      ChildProcess::Start(loop_, command_, reserve_, *this);
  if (!started.ok()) return started.status();
  process_ = std::move(started->process);
  return std::make_shared<ChildStdio>(loop_, std::move(started->in),
                                      std::move(started->out));
}

void ChildPeer::Stop(StopRung first) { process_->Stop(first); }

int64_t ChildPeer::pid() const {
  return process_ == nullptr ? 0 : process_->pid();
}

bool ChildPeer::IsStopped() const { return process_->IsStopped(); }

std::vector<std::string> ChildPeer::LastErrorLines() const {
  return process_->LastErrorLines();
}

}  // namespace thespian::gateway
