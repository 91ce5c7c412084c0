// An attached client that sends to one named actor in batches of one size and
// takes what comes back, never with more than a window's messages on the way.
//
// Ownership: owns its stream, which ends in the destructor.
// Threads:   driven by gRPC's threads; the counts are safe from any thread.
// Errors:    a stream that ends by itself ends the program.
// Memory:    one request and one response.
#ifndef TESTS_BENCH_ECHO_STREAM_H_
#define TESTS_BENCH_ECHO_STREAM_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway::bench {

struct EchoLoad {
  std::string endpoint;  // empty: the gateway's only one, or `default`
  std::string actor = "echo";
  size_t payload_bytes = 64;
  size_t batch = 1;
  size_t window = 1;  // a multiple of `batch`
  // Of messages; then it comes to rest.
  uint64_t most = UINT64_MAX;
  // Keep the time of every round trip; with a window of 1.
  bool timed = false;
};

class EchoStream final
    : grpc::ClientBidiReactor<v1::AttachRequest, v1::AttachResponse> {
 public:
  // Returns when the actor is there.
  EchoStream(v1::GatewayService::Stub& stub, const EchoLoad& load);
  ~EchoStream() override;

  void Begin();
  // Sends no more, unless it has something to send to the end.
  void Stop();
  // Stops, and waits until everything has come back.
  void Rest();

  uint64_t echoes() const { return echoes_; }
  // In microseconds; after Rest.
  const std::vector<double>& times() const { return times_; }

 private:
  using Clock = std::chrono::steady_clock;

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;
  void WriteMoreLocked();
  bool IsAtRestLocked() const { return on_way_ == 0 && !writing_; }

  const EchoLoad load_;
  grpc::ClientContext context_;
  v1::AttachRequest open_;
  v1::AttachRequest batch_;
  v1::AttachResponse response_;
  std::atomic<uint64_t> echoes_ = 0;
  std::vector<double> times_;

  std::mutex mutex_;
  std::condition_variable changed_;
  Clock::time_point written_at_;
  uint64_t sent_ = 0;
  size_t on_way_ = 0;
  bool open_done_ = false;
  bool going_ = false;
  bool writing_ = false;
  bool done_ = false;
};

// A payload of `bytes` bytes, as one CBOR item.
std::string PayloadOf(size_t bytes);

}  // namespace thespian::gateway::bench

#endif  // TESTS_BENCH_ECHO_STREAM_H_
