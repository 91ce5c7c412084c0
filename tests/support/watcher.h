// A client that watches, reading when it is asked to.
//
// Ownership: owns the stream; the destructor cancels and ends it.
// Threads:   thread-compatible.
// Errors:    nothing more to read, when the stream has ended or its deadline
//   passed; Finish tells which.
#ifndef TESTS_SUPPORT_WATCHER_H_
#define TESTS_SUPPORT_WATCHER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway {

// Everything since the gateway's first event.
v1::WatchProxiesRequest SinceTheBeginning(
    const std::vector<v1::ProxyEventKind>& kinds = {});

class Watcher {
 public:
  using EventCase = v1::ProxyEvent::EventCase;

  Watcher(v1::GatewayService::Stub& stub,
          const v1::WatchProxiesRequest& request);
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // Returns when the gateway has begun to watch.
  void AwaitStart() { stream_->WaitForInitialMetadata(); }

  std::optional<v1::ProxyEvent> Next();
  // What the stream has told: the run of the gateway that it is of. The test
  // fails if a response other than the first tells one, or the first none.
  uint64_t epoch() const { return epoch_; }

  // The next event of this kind; those before it are dropped.
  std::optional<v1::ProxyEvent> Next(EventCase kind);
  // Everything up to the first event for which `last` is true, that included;
  // or up to the end of the stream.
  std::vector<v1::ProxyEvent> Until(
      absl::FunctionRef<bool(const v1::ProxyEvent&)> last);
  // Everything up to the endpoint's entry into `state`.
  std::vector<v1::ProxyEvent> UntilState(v1::EndpointState state);

  void Cancel() { context_.TryCancel(); }
  // Reads what is left. Once.
  grpc::Status Finish();

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchProxiesResponse>> stream_;
  v1::WatchProxiesResponse response_;
  int next_ = 0;
  uint64_t epoch_ = 0;
  bool finished_ = false;
};

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_WATCHER_H_
