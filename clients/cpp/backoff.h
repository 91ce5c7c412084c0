// How long to wait before the next of several attempts: longer each time, and
// never exactly as long as others who lost the same gateway.
//
// Threads:   thread-compatible.
#ifndef CLIENTS_CPP_BACKOFF_H_
#define CLIENTS_CPP_BACKOFF_H_

#include <functional>

#include "absl/time/time.h"

namespace thespian::gateway::client {

struct BackoffOptions {
  // Of the first attempt; at least 1 ms.
  absl::Duration first = absl::Milliseconds(100);
  // Of any attempt; not below `first`.
  absl::Duration longest = absl::Seconds(10);
  // From one attempt to the next; at least 1.
  double growth = 2;
  // The share of a delay that is left to chance: 0 to 1.
  double jitter = 0.5;
};

class Backoff {
 public:
  // Numbers from 0 to below 1.
  using Random = std::function<double()>;

  // What is out of range in the options is taken as the nearest that is not.
  explicit Backoff(const BackoffOptions& options, Random random = {});

  // The delay before the next attempt.
  absl::Duration Next();

  // An attempt succeeded: the next delay is a first one.
  void Reset() { next_ = options_.first; }

 private:
  const BackoffOptions options_;
  const Random random_;
  absl::Duration next_;
};

}  // namespace thespian::gateway::client

#endif  // CLIENTS_CPP_BACKOFF_H_
