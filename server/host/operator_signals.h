// The signals by which an operator asks a gateway for something else than its
// end: SIGQUIT puts its state into the log; SIGHUP has the file and the
// certificates read again; SIGUSR1 and SIGUSR2 ask for nothing yet, and end
// nothing.
//
// Ownership: borrows the loop, the gateway and the log.
// Threads:   the loop's; Hold is main's, before there are others.
// Errors:    if the system refuses, the signals do nothing.
#ifndef SERVER_HOST_OPERATOR_SIGNALS_H_
#define SERVER_HOST_OPERATOR_SIGNALS_H_

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <functional>
#include <utility>

#include "endpoint/gateway.h"
#include "spdlog/logger.h"

namespace thespian::gateway {

class OperatorSignals {
 public:
  // From now on these signals wait; threads to come inherit that.
  static void Hold();

  OperatorSignals(asio::io_context& loop, Gateway& gateway,
                  spdlog::logger& log);

  // What else SIGHUP asks for.
  void AlsoReload(std::function<void()> reload) {
    also_reload_ = std::move(reload);
  }

 private:
  void Await();
  void TakeAll();
  void Take(int signal);
  void Reload();
  void LogState() const;
  void LogEndpoint(const Endpoint& endpoint) const;

  Gateway& gateway_;
  spdlog::logger& log_;
  asio::posix::stream_descriptor signals_;
  std::function<void()> also_reload_;
};

}  // namespace thespian::gateway

#endif  // SERVER_HOST_OPERATOR_SIGNALS_H_
