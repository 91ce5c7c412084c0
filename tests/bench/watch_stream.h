// A watcher that counts the messages it is told of.
//
// Ownership: owns its stub and stream, which ends in the destructor.
// Threads:   driven by gRPC's threads.
// Errors:    a stream that ends by itself ends the program.
// Memory:    one response.
#ifndef TESTS_BENCH_WATCH_STREAM_H_
#define TESTS_BENCH_WATCH_STREAM_H_

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

#include "tests/bench/setting.h"

namespace thespian::gateway::bench {

class WatchStream final : grpc::ClientReadReactor<v1::WatchProxiesResponse> {
 public:
  // Returns when the gateway has taken it in.
  explicit WatchStream(std::unique_ptr<Stub> stub);
  ~WatchStream() override;

  // Waits for so many messages, and forgets them.
  void Await(uint64_t messages);

 private:
  void OnReadInitialMetadataDone(bool ok) override;
  void OnReadDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  const std::unique_ptr<Stub> stub_;
  grpc::ClientContext context_;
  const v1::WatchProxiesRequest request_;
  v1::WatchProxiesResponse response_;

  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t messages_ = 0;
  bool open_ = false;
  bool done_ = false;
};

}  // namespace thespian::gateway::bench

#endif  // TESTS_BENCH_WATCH_STREAM_H_
