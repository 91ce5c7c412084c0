// The metrics over HTTP, at /metrics: a server that does nothing else. Slow and
// silent clients don't keep anyone from an answer: a request has kPatience, and
// when there are kMostClients, the one that has waited longest makes room.
//
// Ownership: owns its listener and its clients; borrows the gateway and the
//   connections' stats, which outlive it.
// Threads:   one of its own, which also collects the metrics.
// Errors:    Start says why the address can't be listened on. A request that
//   is none is answered with 400, 404, 405 or 431.
// Memory:    kMostRequestBytes and one answer for each of kMostClients.
#ifndef SERVER_HOST_METRICS_SERVER_H_
#define SERVER_HOST_METRICS_SERVER_H_

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/host/listeners.h"
#include "server/observe/metrics.h"

namespace thespian::gateway {

class MetricsServer {
 public:
  static constexpr std::chrono::seconds kPatience{5};
  static constexpr size_t kMostClients = 64;
  static constexpr size_t kMostRequestBytes = 8u << 10;

  // `address` is as for Listeners.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(
      const GatewayMetrics& metrics, const std::string& address,
      spdlog::logger& log);

  ~MetricsServer();

  // Where it listens, with the port that the system chose.
  const std::string& address() const { return address_; }

 private:
  class Client;
  using Clients = std::list<std::shared_ptr<Client>>;

  MetricsServer(const GatewayMetrics& metrics, spdlog::logger& log);

  void Serve(UniqueFd fd);
  std::string Answer(std::string_view request) const;

  const GatewayMetrics& metrics_;
  std::string address_;
  ConnectionStats stats_;  // of nobody's interest
  Clients clients_;        // the thread's, by age
  Listeners listeners_;
};

}  // namespace thespian::gateway

#endif  // SERVER_HOST_METRICS_SERVER_H_
