// An attached client that carries messages between two endpoints, as one would
// without routes: what the one's actor says to it goes to the other's echo, and
// what that answers goes back.
//
// Ownership: owns its stream and a thread, which end in the destructor.
// Threads:   thread-compatible; carried() is safe from any thread.
// Errors:    a stream that does not open ends the program.
#ifndef TESTS_BENCH_CARRIER_H_
#define TESTS_BENCH_CARRIER_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway::bench {

class Carrier {
 public:
  // Is called `name` by the actors of `from`.
  Carrier(v1::GatewayService::Stub& stub, const std::string& name,
          std::string from, std::string to);
  ~Carrier();
  Carrier(const Carrier&) = delete;
  Carrier& operator=(const Carrier&) = delete;

  uint64_t carried() const { return carried_; }

 private:
  void Run();
  void Pass(v1::ActorEvent::Delivery& delivery);

  const std::string from_;
  const std::string to_;
  grpc::ClientContext context_;
  std::unique_ptr<
      grpc::ClientReaderWriter<v1::AttachRequest, v1::AttachResponse>>
      stream_;
  uint64_t asker_ = 0;  // of `from`; known since it spoke
  v1::AttachRequest request_;
  std::atomic<uint64_t> carried_ = 0;
  std::thread thread_;
};

}  // namespace thespian::gateway::bench

#endif  // TESTS_BENCH_CARRIER_H_
