// What is counted, a row each: one row makes the field of the API and the
// family of Prometheus.
//
// Ownership: the tables are constants.
// Threads:   stateless; safe from any thread. A reader of a row is cheap and
//   reads what was gathered before.
// Errors:    none.
// Memory:    none, but for the reasons of what is counted by reason.
#ifndef SERVER_OBSERVE_STATS_H_
#define SERVER_OBSERVE_STATS_H_

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "endpoint/endpoint.h"
#include "endpoint/endpoint_status.h"
#include "endpoint/gateway.h"
#include "endpoint/relay/relay_stats.h"
#include "server/observe/connection_stats.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {

enum class StatType { kCounter, kGauge };

// A number of the endpoint.
struct PlainStat {
  uint64_t (*read)(const EndpointStatus&);
  void (v1::EndpointCounters::*set)(uint64_t);
};

// Numbers by the reason for what is counted.
struct StatByReason {
  using Counts = std::map<std::string, uint64_t>;

  Counts (*read)(const EndpointStatus&);
  google::protobuf::Map<std::string, uint64_t>* (
      v1::EndpointCounters::*field)();
};

// A field of the API's EndpointCounters.
struct EndpointStat {
  std::string_view name;  // of the field
  StatType type = StatType::kCounter;
  const char* help = "";
  std::variant<PlainStat, StatByReason> value;
};

// A number that the API has elsewhere, in another form, or not at all.
template <typename Source>
struct MetricStat {
  std::string_view name;
  StatType type = StatType::kCounter;
  const char* help = "";
  double (*read)(const Source&);
};

// In the order of the API's fields.
std::span<const EndpointStat> EndpointStatRows();

std::span<const MetricStat<EndpointStatus>> EndpointMetricRows();
// Of the messages from one endpoint to another.
std::span<const MetricStat<RelayLaneStats>> RelayMetricRows();
std::span<const MetricStat<Gateway>> GatewayMetricRows();
std::span<const MetricStat<ConnectionStats>> ConnectionMetricRows();

// How the endpoint is, with all its counters and of those whose place it took.
void ToApi(const Gateway& gateway, const Endpoint& endpoint, v1::Endpoint& api);

}  // namespace thespian::gateway

#endif  // SERVER_OBSERVE_STATS_H_
