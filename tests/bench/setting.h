// What the benchmarks measure and against what: the gateway with the demo
// child, a bare gRPC server, and a bare relay to a demo child, each a process
// of its own.
//
// Ownership: owns the processes.
// Threads:   thread-compatible.
// Errors:    what can't be started ends the program, with the reason.
#ifndef TESTS_BENCH_SETTING_H_
#define TESTS_BENCH_SETTING_H_

#include <grpcpp/security/credentials.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/served_program.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway::bench {

using Stub = v1::GatewayService::Stub;
using Credentials = std::shared_ptr<grpc::ChannelCredentials>;

class Subject {
 public:
  // See ServedProgram::Start.
  Subject(const std::vector<std::string>& command, const std::string& log,
          size_t program_words = 1,
          Credentials credentials = grpc::InsecureChannelCredentials());

  Stub& stub() { return *stub_; }
  // A connection of its own.
  std::shared_ptr<grpc::Channel> NewChannel() const {
    return NewChannel(credentials_);
  }
  std::shared_ptr<grpc::Channel> NewChannel(
      const Credentials& credentials) const;
  // One that shares its connection with no other.
  std::unique_ptr<Stub> NewStub() const { return NewStub(credentials_); }
  std::unique_ptr<Stub> NewStub(const Credentials& credentials) const;
  pid_t pid() const { return program_->pid(); }
  // User and system time of all of its threads so far.
  double CpuSeconds() const;
  double RssBytes() const;

 private:
  Credentials credentials_;
  std::unique_ptr<ServedProgram> program_;
  std::unique_ptr<Stub> stub_;
};

// How long, and how often.
struct Effort {
  bool quick = false;
  int rounds = 10;
  std::chrono::milliseconds round{1'000};
  int latencies = 3'000;  // of a round
};

Effort QuickEffort();

class Setting {
 public:
  Setting(Effort effort, std::string log_directory);

  const Effort& effort() const { return effort_; }
  Subject& gateway() { return gateway_; }
  Subject& bare() { return bare_; }
  // The least that a gateway can be; see RelayService.
  Subject& relay() { return relay_; }
  // For what leaves something behind.
  Subject NewGateway(
      const std::vector<std::string>& options = {},
      Credentials credentials = grpc::InsecureChannelCredentials()) const;
  // With the endpoints of a configuration file, which is written for it.
  Subject NewGatewayOf(const std::string& file) const;
  // Their options are those of the gateway's TLS.
  Subject NewBare(
      std::vector<std::string> options = {},
      Credentials credentials = grpc::InsecureChannelCredentials()) const;
  Subject NewRelay(
      std::vector<std::string> options = {},
      Credentials credentials = grpc::InsecureChannelCredentials()) const;
  // Where a program logs to.
  std::string LogOf(const std::string& program) const;

 private:
  const Effort effort_;
  const std::string logs_;
  Subject gateway_;
  Subject bare_;
  Subject relay_;
};

}  // namespace thespian::gateway::bench

#endif  // TESTS_BENCH_SETTING_H_
