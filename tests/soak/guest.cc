#include "tests/soak/guest.h"

#include "endpoint/wire/status_text.h"
#include "fmt/format.h"

namespace thespian::gateway::soak {
namespace {

constexpr std::chrono::seconds kOpenPatience{30};

}  // namespace

std::optional<client::Speaker> Guest::AwaitOpened() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kOpenPatience,
                    [this] { return speaker_.has_value() || done_; });
  return speaker_;
}

void Guest::Await(uint64_t results, uint64_t deliveries,
                  std::chrono::milliseconds most) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, most, [&] {
    return done_ || (results_ >= results && deliveries_ >= deliveries);
  });
}

uint64_t Guest::results() const {
  const std::lock_guard lock(mutex_);
  return results_;
}

uint64_t Guest::deliveries() const {
  const std::lock_guard lock(mutex_);
  return deliveries_;
}

std::vector<client::RemoteActor> Guest::met() const {
  const std::lock_guard lock(mutex_);
  return met_;
}

void Guest::OnOpened(LocalId id, const std::string& token) {
  const std::lock_guard lock(mutex_);
  speaker_ = {.id = id, .token = token};
  changed_.notify_all();
}

void Guest::OnDelivery(const v1::ActorEvent::Delivery& delivery) {
  tally_.NoteSeen(1);
  const std::lock_guard lock(mutex_);
  ++deliveries_;
  if (delivery.incarnation() < incarnation_) {
    tally_.NoteFault("a delivery of an incarnation that has ended");
  }
  if (met_.size() < kMostMet) {
    met_.push_back({.endpoint = "",
                    .id = {delivery.from_id()},
                    .incarnation = {delivery.incarnation()}});
  }
  changed_.notify_all();
}

void Guest::OnExited(const v1::ActorEvent::Exited& exited) {
  if (exited.remote_id() == 0) tally_.NoteFault("the end of nobody");
}

void Guest::OnCommandResult(uint64_t command_id, const absl::Status& status) {
  if (command_id == kSendCommand) tally_.NoteSent(status);
  const std::lock_guard lock(mutex_);
  ++results_;
  changed_.notify_all();
}

void Guest::OnEndpointChanged(const v1::ActorEvent::EndpointChanged& changed) {
  const std::lock_guard lock(mutex_);
  if (changed.incarnation() < incarnation_) {
    tally_.NoteFault("an incarnation came before an earlier one");
  }
  incarnation_ = changed.incarnation();
}

void Guest::OnDone(const absl::Status& status) {
  const std::lock_guard lock(mutex_);
  done_ = true;
  if (!status.ok() && !absl::IsCancelled(status)) {
    tally_.NoteFault(fmt::format("a stream ended: {} {}",
                                 absl::StatusCodeToString(status.code()),
                                 MessageOf(status)));
  }
  changed_.notify_all();
}

}  // namespace thespian::gateway::soak
