// `thespianctl listen` and `thespianctl link`: an actor that prints what comes
// until there is nothing more to wait for.
//
// Ownership: owns its stream; borrows the streams and the options.
// Threads:   Listen or Link by one thread, once, which waits in it; the
//   handler's calls come on gRPC's. What both touch is guarded.
// Errors:    returned.
// Memory:    nothing is kept of what was printed.
#ifndef CLIENTS_CLI_RECEPTION_H_
#define CLIENTS_CLI_RECEPTION_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "clients/cli/options.h"
#include "clients/cli/stop_signals.h"
#include "clients/cli/streams.h"
#include "clients/cpp/client.h"
#include "endpoint/mutex.h"

namespace thespian::gateway::cli {

class Reception final : private client::ActorHandler {
 public:
  // It ends when `stop_fd` becomes readable; -1: that never happens.
  Reception(const Options& options, const Streams& streams, int stop_fd)
      : options_(options), streams_(streams), stop_fd_(stop_fd) {}

  // Until as many messages have come as were asked for, or it is stopped.
  absl::Status Listen(client::Client& client);

  // Until the actor has ended. CANCELLED: it was stopped before.
  absl::Status Link(client::Client& client);

 private:
  // What the handler tells the waiting thread.
  struct News {
    uint64_t delivered = 0;
    bool exited = false;
    bool done = false;
    absl::Status failure;
  };

  void OnOpened(LocalId id, const std::string& token) override;
  void OnDelivery(const v1::ActorEvent::Delivery& delivery) override;
  void OnExited(const v1::ActorEvent::Exited& exited) override;
  void OnCommandResult(uint64_t command_id,
                       const absl::Status& status) override;
  void OnEndpointChanged(
      const v1::ActorEvent::EndpointChanged& changed) override;
  void OnClosing(const std::string& reason) override;
  void OnDone(const absl::Status& status) override;

  void WaitUntilOver();
  bool Over();
  bool Enough(const News& news) const;

  const Options& options_;
  const Streams& streams_;
  const int stop_fd_;
  bool stopped_ = false;
  Wakeup wakeup_;

  Mutex mutex_;
  News news_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_RECEPTION_H_
