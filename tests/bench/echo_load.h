// Attached clients that send to the actor echo, and what that takes.
//
// Threads: stateless; safe from any thread.
// Errors:  a stream that ends by itself ends the program.
#ifndef TESTS_BENCH_ECHO_LOAD_H_
#define TESTS_BENCH_ECHO_LOAD_H_

#include <chrono>
#include <cstddef>
#include <vector>

#include "tests/bench/echo_stream.h"
#include "tests/bench/setting.h"

namespace thespian::gateway::bench {

constexpr size_t kBatch = 128;
constexpr size_t kWindow = 8 * kBatch;

struct Throughput {
  double rate = 0;        // messages per second, to echo and back
  double cpu_micros = 0;  // of the subject, for each of them
};

// Over a client for each load, on connections of their own.
Throughput Echo(const Subject& subject, const std::vector<EchoLoad>& loads,
                std::chrono::nanoseconds duration);
// Over so many clients.
Throughput Echo(const Subject& subject, size_t clients, const EchoLoad& load,
                std::chrono::nanoseconds duration);

double EchoRate(const Subject& subject, size_t clients, const EchoLoad& load,
                std::chrono::nanoseconds duration);

// What one round trip after another takes, in microseconds.
std::vector<double> EchoTimes(Subject& subject, int count);

}  // namespace thespian::gateway::bench

#endif  // TESTS_BENCH_ECHO_LOAD_H_
