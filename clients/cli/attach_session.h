// `thespianctl attach`: lines that are typed become messages, messages that
// come become lines.
//
// Ownership: owns the actor; borrows the streams.
// Threads:   Run by one thread, which waits in it; the handler's calls come on
//   gRPC's. What both touch is guarded.
// Errors:    a line that can't be sent is told in the notes; unless a person
//   types, it is also what Run returns if nothing worse happens.
// Memory:    one line, and the actor's queue: while that is full no line is
//   read.
#ifndef CLIENTS_CLI_ATTACH_SESSION_H_
#define CLIENTS_CLI_ATTACH_SESSION_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "clients/cli/attach_line.h"
#include "clients/cli/line_reader.h"
#include "clients/cli/options.h"
#include "clients/cli/stop_signals.h"
#include "clients/cli/streams.h"
#include "clients/cpp/client.h"
#include "endpoint/mutex.h"

namespace thespian::gateway::cli {

class AttachSession final : private client::ActorHandler {
 public:
  // The session ends when `stop_fd` becomes readable; -1: it never does.
  AttachSession(
      const Options& options, const Streams& streams, int stop_fd,
      size_t max_queued_bytes = client::AttachOptions().max_queued_bytes);

  absl::Status Run(client::Client& client);

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  // What the handler tells the loop.
  struct News {
    uint64_t delivered = 0;
    bool done = false;
    absl::Status failure;  // the first of a line
  };

  void OnOpened(LocalId id, const std::string& token) override;
  void OnDelivery(const v1::ActorEvent::Delivery& delivery) override;
  void OnExited(const v1::ActorEvent::Exited& exited) override;
  void OnCommandResult(uint64_t command_id,
                       const absl::Status& status) override;
  void OnEndpointChanged(
      const v1::ActorEvent::EndpointChanged& changed) override;
  void OnClosing(const std::string& reason) override;
  void OnRoom() override;
  void OnDone(const absl::Status& status) override;

  void SendLines();
  bool SendOneLine();
  absl::Status Execute(const AttachLine& line);
  void Fail(uint64_t line, const absl::Status& status);
  bool Over();
  void Wait();
  void ReadInput();
  absl::Status Result(const absl::Status& final);
  std::chrono::nanoseconds Linger() const;
  int PollTimeout() const;

  const Options& options_;
  const Streams& streams_;
  const int stop_fd_;
  const size_t max_queued_bytes_;
  Wakeup wakeup_;

  LineReader reader_;
  std::string line_;
  bool line_waits_ = false;  // for room
  uint64_t line_number_ = 0;
  bool leaving_ = false;  // "/quit", a signal or an unreadable input
  std::optional<SteadyTime> leave_at_;

  Mutex mutex_;
  News news_ ABSL_GUARDED_BY(mutex_);

  // The last member: its handler calls end before anything else goes.
  std::unique_ptr<client::Actor> actor_;
};

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_ATTACH_SESSION_H_
