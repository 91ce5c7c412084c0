#include "server/host/operator_signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_join.h"
#include "endpoint/endpoint.h"
#include "endpoint/endpoint_state.h"
#include "endpoint/endpoint_status.h"
#include "endpoint/log_fields.h"
#include "endpoint/wire/status_text.h"

namespace thespian::gateway {
namespace {

sigset_t HeldSignals() {
  sigset_t held;
  sigemptyset(&held);
  for (const int signal : {SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2}) {
    sigaddset(&held, signal);
  }
  return held;
}

std::string Listed(const std::vector<std::string>& names) {
  return names.empty() ? "none" : absl::StrJoin(names, ", ");
}

}  // namespace

void OperatorSignals::Hold() {
  const sigset_t held = HeldSignals();
  pthread_sigmask(SIG_BLOCK, &held, nullptr);
}

OperatorSignals::OperatorSignals(asio::io_context& loop, Gateway& gateway,
                                 spdlog::logger& log)
    : gateway_(gateway), log_(log), signals_(loop) {
  const sigset_t held = HeldSignals();
  const int fd = signalfd(-1, &held, SFD_NONBLOCK | SFD_CLOEXEC);
  if (fd < 0) return;
  signals_.assign(fd);
  Await();
}

void OperatorSignals::Await() {
  signals_.async_wait(asio::posix::descriptor_base::wait_read,
                      [this](const std::error_code& error) {
                        if (!error) TakeAll();
                      });
}

void OperatorSignals::TakeAll() {
  signalfd_siginfo info{};
  while (read(signals_.native_handle(), &info, sizeof info) == sizeof info) {
    Take(static_cast<int>(info.ssi_signo));
  }
  Await();
}

void OperatorSignals::Take(int signal) {
  if (signal == SIGQUIT) return LogState();
  if (signal == SIGHUP) return Reload();
  log_.info("signal {} ({}) is ignored: it asks for nothing yet", signal,
            sigdescr_np(signal));
}

void OperatorSignals::Reload() {
  log_.info("signal {} ({}): reading the configuration again", SIGHUP,
            sigdescr_np(SIGHUP));
  if (also_reload_ != nullptr) also_reload_();
  gateway_.operations().Reload(
      [&log = log_](const absl::StatusOr<Operations::Reloaded>& reloaded) {
        if (!reloaded.ok()) {
          log.error("reload: {}", MessageOf(reloaded.status()));
          return;
        }
        log.info(
            "reload: endpoints added: {}; removed: {}; changed: {}; {} "
            "unchanged",
            Listed(reloaded->added), Listed(reloaded->removed),
            Listed(reloaded->changed), reloaded->unchanged.size());
      });
}

void OperatorSignals::LogState() const {
  log_.info("state: {} endpoints, {} local actors{}",
            gateway_.Endpoints().size(), gateway_.locals().size(),
            gateway_.stopping() ? ", stopping" : "");
  for (const EndpointHandle& endpoint : gateway_.Endpoints()) {
    LogEndpoint(*endpoint);
  }
}

void OperatorSignals::LogEndpoint(const Endpoint& endpoint) const {
  const EndpointStatus status = endpoint.Status();
  const LogScope scope({.endpoint = status.name,
                        .incarnation = status.incarnation,
                        .pid = status.pid,
                        .state = StateName(status.state)});
  const std::chrono::nanoseconds uptime =
      status.uptime.value_or(std::chrono::nanoseconds(0));
  log_.info("state: endpoint {}: {}, incarnation {}, pid {}, up {} s: {}",
            status.name, StateName(status.state), status.incarnation.value,
            status.pid,
            std::chrono::floor<std::chrono::seconds>(uptime).count(),
            status.reason);
  const InboundStats& in = status.inbound;
  const WriteStats& out = status.outbound;
  log_.info(
      "state: endpoint {}: from the child {} frames, {} bytes, {} delivered, "
      "{} skipped; to the child {} messages, {} bytes, {} dropped, {} refused; "
      "{} bytes wait; {} proxies",
      status.name, in.frames, in.bytes, in.delivered, in.skipped,
      out.messages.written, out.bytes, out.messages.dropped, status.refused,
      status.queued_bytes, in.proxies_created - in.proxies_closed);
  if (status.last_exit == nullptr) return;
  log_.info("state: endpoint {}: incarnation {} ended: {}", status.name,
            status.last_exit->incarnation.value, status.last_exit->reason);
}

}  // namespace thespian::gateway
