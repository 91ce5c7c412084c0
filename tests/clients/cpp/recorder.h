// A handler that writes down what it is told, a line each.
#ifndef TESTS_CLIENTS_CPP_RECORDER_H_
#define TESTS_CLIENTS_CPP_RECORDER_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "clients/cpp/actor_handler.h"
#include "clients/cpp/error.h"
#include "endpoint/mutex.h"
#include "fmt/format.h"
#include "tests/support/hex.h"

namespace thespian::gateway::client {

class Recorder : public ActorHandler {
 public:
  void OnOpened(LocalId id, const std::string& token) override {
    Record(fmt::format("opened {} {}", id.value, token));
  }
  void OnDelivery(const v1::ActorEvent::Delivery& delivery) override {
    Record(fmt::format("from {} {}", delivery.from_id(),
                       ToHex(delivery.payload().cbor())));
  }
  void OnExited(const v1::ActorEvent::Exited& exited) override {
    Record(fmt::format("exited {} {}", exited.remote_id(), exited.reason()));
  }
  void OnCommandResult(uint64_t id, const absl::Status& status) override {
    Record(
        fmt::format("result {} {}", id, status.ok() ? "OK" : ReasonOf(status)));
  }
  void OnEndpointChanged(
      const v1::ActorEvent::EndpointChanged& changed) override {
    Record(fmt::format("endpoint {}", changed.endpoint()));
  }
  void OnClosing(const std::string& reason) override {
    Record(fmt::format("closing {}", reason));
  }
  void OnRoom() override { Record("room"); }
  void OnDone(const absl::Status& status) override {
    Record(fmt::format("done {}", absl::StatusCodeToString(status.code())));
    done.Notify();
  }

  std::vector<std::string> lines() {
    MutexLock lock(mutex_);
    return lines_;
  }

  absl::Notification done;

 private:
  void Record(std::string line) {
    MutexLock lock(mutex_);
    lines_.push_back(std::move(line));
  }

  Mutex mutex_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace thespian::gateway::client

#endif  // TESTS_CLIENTS_CPP_RECORDER_H_
