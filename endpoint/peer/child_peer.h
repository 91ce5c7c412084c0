// A peer that is a child process, spoken to over its stdin and stdout.
//
// Ownership: owns the process until Forget, and pipes for the next one. The
//   command outlives it.
// Threads:   the loop's alone. Its thread must outlive the process.
// Errors:    as a Peer; a program that can't be executed is OnPeerFailed.
// Memory:    that of a ChildProcess.
#ifndef ENDPOINT_PEER_CHILD_PEER_H_
#define ENDPOINT_PEER_CHILD_PEER_H_

#include <asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "endpoint/peer/peer.h"
#include "endpoint/process/child_command.h"
#include "endpoint/process/child_process.h"
#include "endpoint/process/spawn.h"

namespace thespian::gateway {

class ChildPeer final : public Peer, private ProcessEvents {
 public:
  ChildPeer(asio::io_context& loop, const ChildCommand& command,
            PeerEvents& events)
      : loop_(loop), command_(command), events_(events) {}

  absl::StatusOr<std::shared_ptr<Transport>> Begin() override;
  void Stop(StopRung first) override;
  void Forget() override { process_ = nullptr; }
  int64_t pid() const override;
  bool IsStopped() const override;
  std::vector<std::string> LastErrorLines() const override;

 private:
  void OnRunning() override { events_.OnPeerReady(); }
  void OnExecFailed(const absl::Status& why) override {
    // With a limit of its own, what the child lacks is its own, too.
    const bool own = command_.setup.memory_bytes.has_value();
    events_.OnPeerFailed(why, IsShortage(why) && !own);
  }
  void OnErrorLine(std::string_view line, bool truncated) override {
    events_.OnErrorLine(line, truncated);
  }
  void OnErrorLinesSuppressed(uint64_t lines) override {
    events_.OnErrorLinesSuppressed(lines);
  }
  void OnReaped() override { events_.OnPeerGone(); }
  void OnEnd(const ProcessExit& exit) override { events_.OnPeerEnded(exit); }

  asio::io_context& loop_;
  const ChildCommand& command_;
  PeerEvents& events_;
  PipeReserve reserve_;
  std::shared_ptr<ChildProcess> process_;  // null: there is none
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_PEER_CHILD_PEER_H_
