// The figures of the gateway for Prometheus, over HTTP at /metrics.
//
//   thespian_gateway_endpoint_state{endpoint,state}   1 for the state it is in
//   thespian_gateway_NAME[_total]{endpoint[,reason]}  a row of stats.h
//
// Nothing is counted for them: they are read when they are asked for.
//
// Ownership: owns the HTTP server; borrows the gateway, which outlives it.
// Threads:   the HTTP server has two of its own, which it joins.
// Errors:    Start says why the address can't be listened on.
// Memory:    one answer.
#ifndef SERVER_OBSERVE_METRICS_H_
#define SERVER_OBSERVE_METRICS_H_

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "endpoint/gateway.h"

namespace thespian::gateway {

class GatewayMetrics final : public prometheus::Collectable {
 public:
  explicit GatewayMetrics(Gateway& gateway) : gateway_(gateway) {}

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  Gateway& gateway_;
};

class MetricsServer {
 public:
  // `address` is host:port; port 0: any.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(
      Gateway& gateway, const std::string& address);

  // Where it listens, host:port.
  const std::string& address() const { return address_; }

 private:
  MetricsServer() = default;

  std::string address_;
  std::shared_ptr<GatewayMetrics> metrics_;
  std::unique_ptr<prometheus::Exposer> exposer_;
};

}  // namespace thespian::gateway

#endif  // SERVER_OBSERVE_METRICS_H_
