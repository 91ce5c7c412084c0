#include "clients/cpp/conformance/inbox.h"

#include <utility>

namespace thespian::gateway::conformance {
namespace {

using nlohmann::json;

constexpr size_t kManyEvents = 64;

}  // namespace

void Inbox::Change(absl::FunctionRef<void()> change) {
  {
    const std::lock_guard lock(mutex_);
    change();
  }
  changed_.notify_all();
}

void Inbox::Open(const client::Speaker& speaker) {
  Change([&] { speaker_ = speaker; });
}

void Inbox::Add(json event) {
  Change([&] { events_.push_back(std::move(event)); });
}

void Inbox::AddResult(uint64_t command_id, const absl::Status& status) {
  Change([&] { results_[command_id] = status; });
}

void Inbox::End(const absl::Status& status) {
  Change([&] { end_ = status; });
}

void Inbox::Close() {
  Change([&] { closed_ = true; });
}

bool Inbox::AwaitRoom() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock,
                [this] { return closed_ || events_.size() < kManyEvents; });
  return !closed_;
}

absl::Status Inbox::Await(std::unique_lock<std::mutex>& lock, Deadline deadline,
                          absl::FunctionRef<bool()> holds) {
  if (changed_.wait_until(lock, deadline,
                          [&] { return end_.has_value() || holds(); })) {
    return absl::OkStatus();
  }
  return absl::DeadlineExceededError("nothing came from the stream");
}

absl::StatusOr<json> Inbox::Next(Deadline deadline) {
  std::unique_lock lock(mutex_);
  const absl::Status status =
      Await(lock, deadline, [this] { return !events_.empty(); });
  if (!status.ok()) return status;
  if (events_.empty()) return json();
  json event = std::move(events_.front());
  events_.pop_front();
  lock.unlock();
  changed_.notify_all();
  return event;
}

StepResult Inbox::AwaitOpen(Deadline deadline) {
  std::unique_lock lock(mutex_);
  const absl::Status status =
      Await(lock, deadline, [this] { return speaker_.has_value(); });
  if (!status.ok()) return status;
  if (!speaker_.has_value()) return Outcome{.status = *end_};
  return Outcome{.result = {{"actor_id", speaker_->id.value}}};
}

StepResult Inbox::AwaitResult(uint64_t command_id, Deadline deadline) {
  std::unique_lock lock(mutex_);
  const absl::Status status =
      Await(lock, deadline, [&] { return results_.contains(command_id); });
  if (!status.ok()) return status;
  const auto result = results_.find(command_id);
  return Outcome{.status = result == results_.end() ? *end_ : result->second};
}

client::Speaker Inbox::speaker() {
  const std::lock_guard lock(mutex_);
  return speaker_.value_or(client::Speaker{});
}

absl::Status Inbox::end() {
  const std::lock_guard lock(mutex_);
  return end_.value_or(absl::OkStatus());
}

}  // namespace thespian::gateway::conformance
