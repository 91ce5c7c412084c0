// What is told of an endpoint at one moment, and what is counted of it.
//
// Ownership: a status is a value; the stats are the endpoint's.
// Threads:   stats are safe from any thread.
#ifndef ENDPOINT_ENDPOINT_STATUS_H_
#define ENDPOINT_ENDPOINT_STATUS_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "endpoint/endpoint_state.h"
#include "endpoint/mutex.h"
#include "endpoint/session/stats.h"
#include "endpoint/wire/ids.h"

namespace thespian::gateway {

struct EndpointStatus {
  std::string name;
  EndpointState state = EndpointState::kStarting;
  std::string reason;  // for the state
  int64_t pid = 0;
  Incarnation incarnation;
  std::optional<std::chrono::nanoseconds> uptime;
  std::shared_ptr<const ChildExit> last_exit;  // null: none has ended
  InboundStats inbound;
  WriteStats outbound;
  uint64_t refused = 0;
  std::map<std::string, uint64_t> unread;  // deliveries, by reason
  uint64_t queued_bytes = 0;
};

// Adds what was counted of one endpoint to what was counted of another that
// took its place.
void AddCounts(const EndpointStatus& of, EndpointStatus& to);

// Counted over all incarnations.
struct EndpointStats {
  // Deliveries that their receivers did not read before they ended, by reason.
  class Unread {
   public:
    void Count(const std::string& reason) {
      MutexLock lock(mutex_);
      ++by_reason_[reason];
    }
    std::map<std::string, uint64_t> Get() const {
      MutexLock lock(mutex_);
      return by_reason_;
    }

   private:
    mutable Mutex mutex_;
    std::map<std::string, uint64_t> by_reason_ ABSL_GUARDED_BY(mutex_);
  };

  SharedInboundStats inbound;
  SharedWriteStats outbound;
  // Messages that their senders were refused with QUEUE_FULL.
  std::atomic<uint64_t> refused = 0;
  Unread unread;
  // Calls that wait for their answers.
  std::atomic<uint64_t> calls = 0;
};

}  // namespace thespian::gateway

#endif  // ENDPOINT_ENDPOINT_STATUS_H_
