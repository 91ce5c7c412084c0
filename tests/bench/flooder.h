// A client that asks for as much as it can get, in every way there is, and does
// not mind being refused.
//
// Ownership: owns its threads, which end in the destructor.
// Threads:   thread-compatible.
// Errors:    none: whatever it is told, it goes on.
#ifndef TESTS_BENCH_FLOODER_H_
#define TESTS_BENCH_FLOODER_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway::bench {

class Flooder {
 public:
  using Stub = v1::GatewayService::Stub;

  // Each kind of load has a connection of its own.
  Flooder(std::unique_ptr<Stub> sends, std::unique_ptr<Stub> calls,
          std::unique_ptr<Stub> streams);
  ~Flooder();

  uint64_t refused() const { return refused_; }

 private:
  void Send(Stub& stub);
  void Call(Stub& stub);
  void Attach(Stub& stub);
  void Note(const grpc::Status& status);

  const std::unique_ptr<Stub> sends_;
  const std::unique_ptr<Stub> calls_;
  const std::unique_ptr<Stub> streams_;
  std::atomic<bool> ending_ = false;
  std::atomic<uint64_t> refused_ = 0;
  std::vector<std::jthread> threads_;
};

}  // namespace thespian::gateway::bench

#endif  // TESTS_BENCH_FLOODER_H_
