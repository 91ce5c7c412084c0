// Waiting that ends early when the waiter is asked to stop.
//
// Threads:   safe from any thread.
#ifndef TESTS_SOAK_PAUSE_H_
#define TESTS_SOAK_PAUSE_H_

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace thespian::gateway::soak {

// False: it was asked to stop.
inline bool Pause(const std::stop_token& stop,
                  std::chrono::nanoseconds duration) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, duration, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace thespian::gateway::soak

#endif  // TESTS_SOAK_PAUSE_H_
