// Wakes a server's pollers as the program's main thread does: without it gRPC
// 1.51 now and then has no thread that polls, and nothing goes on.
//
// Ownership: owns its thread; the server must outlive it.
// Threads:   the constructor and the destructor on one thread.
// Errors:    none.
#ifndef TESTS_SUPPORT_POLLER_WAKER_H_
#define TESTS_SUPPORT_POLLER_WAKER_H_

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "server/host/gateway_server.h"

namespace thespian::gateway {

class PollerWaker {
 public:
  explicit PollerWaker(GatewayServer& server)
      : thread_([&server](const std::stop_token& stop) { Run(server, stop); }) {
  }

 private:
  static void Run(GatewayServer& server, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      server.WakePollers();
      stopped.wait_for(lock, stop, GrpcIdleWorkaround::kPeriod,
                       [] { return false; });
    }
  }

  std::jthread thread_;
};

}  // namespace thespian::gateway

#endif  // TESTS_SUPPORT_POLLER_WAKER_H_
