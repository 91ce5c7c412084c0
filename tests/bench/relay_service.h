// The least that a gateway can be: gRPC on one side, a child's pipes on the
// other, and a table of who waits for what. Nothing is checked, counted, told
// or bounded. What it costs over bare gRPC and bare pipes is what the machine
// asks for waking one process more.
//
// Ownership: owns the child, which ends with its stdin, and the reader thread.
// Threads:   safe from any thread.
// Errors:    what fails ends the program.
// Memory:    unbounded.
#ifndef TESTS_BENCH_RELAY_SERVICE_H_
#define TESTS_BENCH_RELAY_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway::bench {

class Relay {
 public:
  // Who is sent to by the child.
  class Receiver {
   public:
    virtual ~Receiver() = default;
    virtual void OnPayload(std::string_view payload) = 0;
    // No more comes for now.
    virtual void OnPause() = 0;
  };

  explicit Relay(const std::string& child);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  uint64_t Add(Receiver& receiver);
  void Remove(uint64_t id);
  void Write(std::string_view frames);

 private:
  void Spawn(const std::string& child);
  void Read();
  void Dispatch(std::string_view content);
  void Pause();

  int in_ = -1;   // the child's stdin
  int out_ = -1;  // the child's stdout
  int pid_ = -1;
  std::mutex write_mutex_;
  std::mutex mutex_;
  std::map<uint64_t, Receiver*> receivers_;
  Receiver* last_ = nullptr;  // was given something since its last pause
  uint64_t last_id_ = 1;
  std::thread reader_;
};

class RelayService final : public v1::GatewayService::CallbackService {
 public:
  explicit RelayService(const std::string& child) : relay_(child) {}

  grpc::ServerUnaryReactor* SendNamed(grpc::CallbackServerContext* context,
                                      const v1::SendNamedRequest* request,
                                      v1::SendNamedResponse* response) override;
  grpc::ServerUnaryReactor* Call(grpc::CallbackServerContext* context,
                                 const v1::CallRequest* request,
                                 v1::CallResponse* response) override;
  grpc::ServerBidiReactor<v1::AttachRequest, v1::AttachResponse>* Attach(
      grpc::CallbackServerContext* context) override;

 private:
  Relay relay_;
};

}  // namespace thespian::gateway::bench

#endif  // TESTS_BENCH_RELAY_SERVICE_H_
