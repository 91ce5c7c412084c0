// Unary loads on a gateway, or on what stands for one.
//
// Threads: each function waits for its end; gRPC's threads drive the calls.
// Errors:  a call that fails ends the program.
#ifndef TESTS_BENCH_UNARY_LOAD_H_
#define TESTS_BENCH_UNARY_LOAD_H_

#include <chrono>
#include <vector>

#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway::bench {

// SendNamed calls per second, with so many in flight.
double UnaryRate(v1::GatewayService::Stub& stub, int in_flight,
                 std::chrono::nanoseconds duration);

// What one SendNamed after another takes, in microseconds.
std::vector<double> UnaryTimes(v1::GatewayService::Stub& stub, int count,
                               std::chrono::nanoseconds pause = {});
// And one Call to echo after another.
std::vector<double> CallTimes(v1::GatewayService::Stub& stub, int count,
                              std::chrono::nanoseconds pause = {});

}  // namespace thespian::gateway::bench

#endif  // TESTS_BENCH_UNARY_LOAD_H_
