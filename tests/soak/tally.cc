#include "tests/soak/tally.h"

#include <algorithm>

#include "clients/cpp/error.h"
#include "endpoint/wire/status_text.h"
#include "fmt/format.h"

namespace thespian::gateway::soak {
namespace {

constexpr size_t kKeptFaults = 20;

// What a child that is killed, or a queue to it that is full, does to a sender.
constexpr std::string_view kExplained[] = {"ACTOR_UNKNOWN", "ENDPOINT_DOWN",
                                           "INCARNATION_STALE", "QUEUE_FULL"};

bool IsExplained(std::string_view reason) {
  return std::find(std::begin(kExplained), std::end(kExplained), reason) !=
         std::end(kExplained);
}

}  // namespace

void Tally::NoteSent(const absl::Status& status) {
  const std::string reason = client::ReasonOf(status);
  if (status.ok()) {
    ++written_;
  } else if (IsExplained(reason)) {
    ++refused_;
  } else if (absl::IsDeadlineExceeded(status) || absl::IsCancelled(status)) {
    ++uncertain_;
  } else {
    ++uncertain_;
    NoteFault(fmt::format("a message was refused: {} {}: {}",
                          absl::StatusCodeToString(status.code()), reason,
                          MessageOf(status)));
  }
}

void Tally::NoteFault(std::string_view what) {
  ++fault_count_;
  MutexLock lock(mutex_);
  if (faults_.size() < kKeptFaults) faults_.emplace_back(what);
}

std::vector<std::string> Tally::faults() const {
  MutexLock lock(mutex_);
  return faults_;
}

}  // namespace thespian::gateway::soak
