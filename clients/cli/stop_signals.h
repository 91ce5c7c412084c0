// SIGINT and SIGTERM as something to wait for.
//
// Ownership: owns its descriptors and its thread, and joins it.
// Threads:   create StopSignals before any other thread exists: threads inherit
//   the mask that it sets.
// Errors:    where the system gives no descriptor the signals are left as they
//   are, and end the process.
#ifndef CLIENTS_CLI_STOP_SIGNALS_H_
#define CLIENTS_CLI_STOP_SIGNALS_H_

#include <signal.h>

#include <atomic>
#include <functional>
#include <thread>

#include "endpoint/process/unique_fd.h"

namespace thespian::gateway::cli {

class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // Readable once a signal has come. -1 if there is none.
  int fd() const { return fd_.get(); }

 private:
  sigset_t old_mask_{};
  UniqueFd fd_;
};

// A descriptor that one thread makes readable for another. -1 where the system
// gives none.
class Wakeup {
 public:
  Wakeup();
  int fd() const { return fd_.get(); }
  void Wake();
  // Makes it unreadable until the next Wake.
  void Clear();

 private:
  UniqueFd fd_;
};

// Calls `stop` once, on a thread of its own, when `stop_fd` becomes readable.
// Not after the destructor has returned.
class OnStop {
 public:
  OnStop(int stop_fd, std::function<void()> stop);
  ~OnStop();
  OnStop(const OnStop&) = delete;
  OnStop& operator=(const OnStop&) = delete;

  bool stopped() const { return stopped_; }

 private:
  void Wait(int stop_fd);

  const std::function<void()> stop_;
  std::atomic<bool> stopped_ = false;
  Wakeup leave_;
  std::thread thread_;
};

}  // namespace thespian::gateway::cli

#endif  // CLIENTS_CLI_STOP_SIGNALS_H_
