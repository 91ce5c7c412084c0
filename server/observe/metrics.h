// The figures of the gateway for Prometheus.
//
//   thespian_gateway_endpoint_state{endpoint,state}   1 for the state it is in
//   thespian_gateway_NAME[_total]{endpoint[,reason]}  a row of stats.h
//   thespian_gateway_relayed_...{endpoint,to_endpoint}   of one to another
//   thespian_gateway_connections_...                     of its listeners
//   thespian_gateway_certificate_not_after_seconds{listener}
//
// Nothing is counted for them: they are read when they are asked for.
//
// Ownership: borrows what it reads, which outlives it.
// Threads:   safe from any thread.
// Errors:    none.
// Memory:    one answer.
#ifndef SERVER_OBSERVE_METRICS_H_
#define SERVER_OBSERVE_METRICS_H_

#include <prometheus/metric_family.h>

#include <functional>
#include <utility>
#include <vector>

#include "endpoint/gateway.h"
#include "server/observe/certificate_expiry.h"
#include "server/observe/connection_stats.h"

namespace thespian::gateway {

class GatewayMetrics {
 public:
  // Safe from any thread.
  using Certificates = std::function<std::vector<CertificateExpiry>()>;

  GatewayMetrics(const Gateway& gateway, const ConnectionStats& connections,
                 Certificates certificates = nullptr)
      : gateway_(gateway),
        connections_(connections),
        certificates_(std::move(certificates)) {}

  std::vector<prometheus::MetricFamily> Collect() const;

 private:
  const Gateway& gateway_;
  const ConnectionStats& connections_;
  const Certificates certificates_;  // null: there are none
};

}  // namespace thespian::gateway

#endif  // SERVER_OBSERVE_METRICS_H_
