// A message to a name whose endpoint went down after it was chosen: whether it
// is to be chosen again. Between the two lies whatever the machine gave to
// others meanwhile: a replacement, or the end of a member of a pool.
//
// Threads:   one request's, on the thread that brings it.
#ifndef SERVER_RPC_ATTEMPTS_H_
#define SERVER_RPC_ATTEMPTS_H_

#include "absl/status/status.h"
#include "endpoint/error.h"
#include "endpoint/gateway.h"

namespace thespian::gateway {

class Attempts {
 public:
  // An id is of one endpoint: there is no other to go to.
  explicit Attempts(bool to_name) : left_(to_name ? kMost - 1 : 0) {}

  // `status` is what came of it at `endpoint`, which took nothing if that is
  // an error.
  bool Again(const absl::Status& status, const EndpointHandle& endpoint) {
    if (status.ok() || left_ == 0 || endpoint == tried_) return false;
    if (ReasonOf(status) != ErrorReason::kEndpointDown) return false;
    tried_ = endpoint;
    --left_;
    return true;
  }

 private:
  static constexpr int kMost = 3;

  int left_;
  EndpointHandle tried_;
};

}  // namespace thespian::gateway

#endif  // SERVER_RPC_ATTEMPTS_H_
