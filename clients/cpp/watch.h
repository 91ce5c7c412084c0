// The events of the remote actors, one by one.
//
// Ownership: owns the stream.
// Threads:   Next and Finish by one thread, which waits in them; Cancel by any.
// Errors:    Finish tells why the stream ended.
// Memory:    one response of the gateway.
#ifndef CLIENTS_CPP_WATCH_H_
#define CLIENTS_CPP_WATCH_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/sync_stream.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway::client {

struct WatchOptions {
  // Empty: every endpoint.
  std::string endpoint;
  // Go on after this event (see Watch::resume_after); 0: from a snapshot.
  uint64_t after_sequence = 0;
  // The run of the gateway that after_sequence is of (see Watch::epoch); 0: not
  // known. The events after another run's are never held.
  uint64_t epoch = 0;
  // Never a snapshot: only what happens from now, or after after_sequence.
  bool skip_snapshot = false;
  // Empty: every kind.
  std::vector<v1::ProxyEventKind> kinds;
  // Message events carry the payload, up to 4 KiB of it.
  bool include_payloads = false;
};

class Watch {
 public:
  // The call is made by the first Next.
  Watch(std::shared_ptr<v1::GatewayService::Stub> stub,
        const WatchOptions& options);
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // Cancels the stream unless it has ended.
  ~Watch();

  // Waits for the next event that is no heartbeat. False: the stream has ended.
  bool Next(v1::ProxyEvent& event);

  // Why the stream ended. CANCELLED after Cancel. Call it after Next has
  // returned false.
  absl::Status Finish();

  // Makes Next return false soon.
  void Cancel() { context_.TryCancel(); }

  // A watch with this as its after_sequence misses nothing. 0 within a
  // snapshot: another one begins anew.
  uint64_t resume_after() const { return resume_after_; }

  // The run of the gateway that resume_after is of; 0: not known yet.
  uint64_t epoch() const { return epoch_; }

 private:
  bool Fetch();

  const std::shared_ptr<v1::GatewayService::Stub> stub_;
  v1::WatchProxiesRequest request_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchProxiesResponse>> reader_;
  v1::WatchProxiesResponse response_;
  int next_ = 0;  // in response_
  bool finished_ = false;
  uint64_t resume_after_ = 0;
  uint64_t epoch_ = 0;
};

}  // namespace thespian::gateway::client

#endif  // CLIENTS_CPP_WATCH_H_
