#include "server/observe/metrics.h"

#include <google/protobuf/descriptor.h>

#include <array>
#include <exception>
#include <map>
#include <string_view>
#include <utility>

#include "fmt/format.h"
#include "server/codec/api_values.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {
namespace {

using google::protobuf::FieldDescriptor;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

constexpr std::string_view kPrefix = "thespian_gateway_";
// Counters are the rule.
constexpr std::array<std::string_view, 3> kGauges = {"waiting", "proxies_live",
                                                     "queued_bytes"};

// Families by name, so that each is told once, with all of its metrics.
class Families {
 public:
  void AddGauge(std::string_view name, const char* help, Labels labels,
                double value) {
    Add(name, help, MetricType::Gauge, std::move(labels)).gauge.value = value;
  }
  void AddCounter(std::string_view name, const char* help, Labels labels,
                  double value) {
    Add(fmt::format("{}_total", name), help, MetricType::Counter,
        std::move(labels))
        .counter.value = value;
  }

  std::vector<MetricFamily> Take() {
    std::vector<MetricFamily> all;
    for (auto& [name, family] : families_) all.push_back(std::move(family));
    return all;
  }

 private:
  ClientMetric& Add(std::string_view name, const char* help, MetricType type,
                    Labels labels) {
    const std::string whole = fmt::format("{}{}", kPrefix, name);
    MetricFamily& family = families_[whole];
    family.name = whole;
    family.help = help;
    family.type = type;
    family.metric.emplace_back().label = std::move(labels);
    return family.metric.back();
  }

  std::map<std::string, MetricFamily> families_;
};

void AddField(const v1::EndpointCounters& counters,
              const FieldDescriptor& field, const Labels& labels,
              Families& families) {
  const auto value = static_cast<double>(
      counters.GetReflection()->GetUInt64(counters, &field));
  const char* help = "See EndpointCounters in the API.";
  for (const std::string_view gauge : kGauges) {
    if (field.name() == gauge) {
      return families.AddGauge(gauge, help, labels, value);
    }
  }
  families.AddCounter(field.name(), help, labels, value);
}

void AddByReason(std::string_view name,
                 const google::protobuf::Map<std::string, uint64_t>& counts,
                 const Labels& labels, Families& families) {
  for (const auto& [reason, count] : counts) {
    Labels with_reason = labels;
    with_reason.push_back({"reason", reason});
    families.AddCounter(name, "See EndpointCounters in the API.",
                        std::move(with_reason), static_cast<double>(count));
  }
}

void AddCounters(const v1::EndpointCounters& counters, const Labels& labels,
                 Families& families) {
  const auto& fields = *v1::EndpointCounters::descriptor();
  for (int i = 0; i < fields.field_count(); ++i) {
    if (fields.field(i)->is_map()) continue;
    AddField(counters, *fields.field(i), labels, families);
  }
  AddByReason("dropped", counters.dropped(), labels, families);
  AddByReason("undeliverable", counters.undeliverable(), labels, families);
  AddByReason("unread", counters.unread(), labels, families);
  AddByReason("skipped_by_reason", counters.skipped_by_reason(), labels,
              families);
}

void AddState(const v1::Endpoint& endpoint, Families& families) {
  constexpr std::string_view kStatePrefix = "ENDPOINT_STATE_";
  const auto& states = *v1::EndpointState_descriptor();
  for (int i = 1; i < states.value_count(); ++i) {  // 0 is unspecified
    families.AddGauge(
        "endpoint_state", "1 for the state that the endpoint is in.",
        {{"endpoint", endpoint.name()},
         {"state", states.value(i)->name().substr(kStatePrefix.size())}},
        endpoint.state() == states.value(i)->number() ? 1 : 0);
  }
}

void AddEndpoint(const v1::Endpoint& endpoint, Families& families) {
  const Labels labels = {{"endpoint", endpoint.name()}};
  AddState(endpoint, families);
  families.AddGauge("endpoint_incarnation", "The current run of the child.",
                    labels, static_cast<double>(endpoint.incarnation()));
  families.AddCounter("endpoint_restarts", "Starts after the first.", labels,
                      static_cast<double>(endpoint.restarts()));
  families.AddGauge("endpoint_uptime_seconds",
                    "Since the current run was started.", labels,
                    static_cast<double>(endpoint.uptime().seconds()));
  AddCounters(endpoint.counters(), labels, families);
}

// civetweb binds all addresses if it is given a port alone.
std::string BoundAddress(const std::string& address, int port) {
  return fmt::format("{}:{}", address.substr(0, address.rfind(':')), port);
}

}  // namespace

std::vector<MetricFamily> GatewayMetrics::Collect() const {
  Families families;
  for (const Endpoint* endpoint : gateway_.Endpoints()) {
    v1::Endpoint api;
    ToApi(*endpoint, api);
    AddEndpoint(api, families);
  }
  families.AddGauge("local_actors", "Attached clients and calls.", {},
                    static_cast<double>(gateway_.locals().size()));
  families.AddCounter(
      "events", "Events of the gateway so far.", {},
      static_cast<double>(gateway_.journal().last_sequence() + 1 -
                          gateway_.options().journal.first_sequence));
  return families.Take();
}

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(
    Gateway& gateway, const std::string& address) {
  std::unique_ptr<MetricsServer> server(new MetricsServer);
  try {
    server->exposer_ = std::make_unique<prometheus::Exposer>(address);
  } catch (const std::exception& error) {
    return absl::AlreadyExistsError(fmt::format(
        "can't serve metrics on '{}' (host:port): {}", address, error.what()));
  }
  server->metrics_ = std::make_shared<GatewayMetrics>(gateway);
  server->exposer_->RegisterCollectable(server->metrics_);
  server->address_ =
      BoundAddress(address, server->exposer_->GetListeningPorts().front());
  return server;
}

}  // namespace thespian::gateway
