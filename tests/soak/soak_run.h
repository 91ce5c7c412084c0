// One soak: load, rest, load, rest, and the comparison of the two rests.
//
// Ownership: borrows the gateway and a client; owns whoever visits it.
// Threads:   thread-compatible.
// Errors:    printed; Run tells whether there were any.
#ifndef TESTS_SOAK_SOAK_RUN_H_
#define TESTS_SOAK_SOAK_RUN_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <string_view>

#include "clients/cpp/client.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/sync_stream.h"
#include "tests/soak/life_watch.h"
#include "tests/soak/tally.h"
#include "tests/support/process_view.h"
#include "tests/support/served_program.h"

namespace thespian::gateway::soak {

class SoakRun {
 public:
  SoakRun(const ServedProgram& gateway, client::Client& client, uint32_t seed);

  // Takes as long as `load` and the two rests. False: something has stayed
  // behind, or was not as it should be.
  bool Run(std::chrono::seconds load);

 private:
  using Clock = std::chrono::steady_clock;

  void Load(std::chrono::seconds duration);
  // Many short lives, until the gateway's journal has seen more than it holds.
  void FillJournal();
  void SpawnMany();
  // How the gateway is when nobody wants anything of it.
  ProcessView Rest();
  bool IsAtRest(const v1::Endpoint& endpoint, const ProcessView& view) const;
  v1::Endpoint Describe();
  void Print(std::string_view when, const ProcessView& view);

  void BeginQuietWatch();
  void EndQuietWatch();
  void Compare(const ProcessView& first, const ProcessView& last);
  void CheckAccounts();
  void Expect(bool holds, std::string_view what);

  const ServedProgram& gateway_;
  client::Client& client_;
  std::mt19937 random_;
  Tally tally_;
  LifeWatch life_watch_;
  // Watches a health that does not change, from the beginning to the end, so
  // that the gateway has to ask whether it is still there.
  const std::shared_ptr<grpc::Channel> quiet_;
  grpc::ClientContext quiet_context_;
  std::unique_ptr<grpc::ClientReader<grpc::health::v1::HealthCheckResponse>>
      quiet_watch_;
  const Clock::time_point start_ = Clock::now();
  bool passed_ = true;
};

}  // namespace thespian::gateway::soak

#endif  // TESTS_SOAK_SOAK_RUN_H_
