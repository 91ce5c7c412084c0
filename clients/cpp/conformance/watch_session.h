// A watch that resumes.
//
// Ownership: owns the watch, and a thread that reads it.
// Threads:   see Stream.
// Errors:    see Inbox.
// Memory:    few events: the watch is not read while these wait.
#ifndef CLIENTS_CPP_CONFORMANCE_WATCH_SESSION_H_
#define CLIENTS_CPP_CONFORMANCE_WATCH_SESSION_H_

#include <memory>
#include <thread>

#include "clients/cpp/conformance/inbox.h"
#include "clients/cpp/conformance/stream.h"
#include "clients/cpp/resuming_watch.h"

namespace thespian::gateway::conformance {

class WatchSession final : public Stream {
 public:
  explicit WatchSession(std::unique_ptr<client::ResumingWatch> watch);
  ~WatchSession() override;
  WatchSession(const WatchSession&) = delete;
  WatchSession& operator=(const WatchSession&) = delete;

  absl::StatusOr<nlohmann::json> Next(Deadline deadline) override {
    return inbox_.Next(deadline);
  }
  absl::Status end() override { return inbox_.end(); }

 private:
  void Read();

  const std::unique_ptr<client::ResumingWatch> watch_;
  Inbox inbox_;
  std::thread reader_;
};

}  // namespace thespian::gateway::conformance

#endif  // CLIENTS_CPP_CONFORMANCE_WATCH_SESSION_H_
