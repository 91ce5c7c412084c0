// Lines of 64 bytes sent over a WebSocket to a server that gives them back, a
// text message each, and what that takes.
//
// Threads: stateless; safe from any thread. Each call makes a connection.
// Errors:  a server that does not give them back ends the program.
// Memory:  one message.
#ifndef TESTS_BENCH_WEBSOCKET_LOAD_H_
#define TESTS_BENCH_WEBSOCKET_LOAD_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace thespian::gateway::bench {

// Messages per second, to the server on this port of 127.0.0.1 and back, with
// at most `window` on the way. They are sent when there is room for `batch`.
double WebSocketRate(uint16_t port, size_t batch, size_t window,
                     std::chrono::nanoseconds duration);

// What one round trip after another takes, in microseconds.
std::vector<double> WebSocketTimes(uint16_t port, int count);

}  // namespace thespian::gateway::bench

#endif  // TESTS_BENCH_WEBSOCKET_LOAD_H_
