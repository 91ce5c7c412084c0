#include "server/observe/metrics.h"

#include <map>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include "fmt/format.h"
#include "server/codec/api_values.h"
#include "server/observe/stats.h"
#include "thespian/gateway/v1/gateway.pb.h"

namespace thespian::gateway {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

constexpr std::string_view kPrefix = "thespian_gateway_";

// Families by name, so that each is told once, with all of its metrics.
class Families {
 public:
  void Add(std::string_view name, StatType type, const char* help,
           Labels labels, double value) {
    const bool counter = type == StatType::kCounter;
    const std::string whole =
        fmt::format("{}{}{}", kPrefix, name, counter ? "_total" : "");
    MetricFamily& family = families_[whole];
    family.name = whole;
    family.help = help;
    family.type = counter ? MetricType::Counter : MetricType::Gauge;
    ClientMetric& metric = family.metric.emplace_back();
    metric.label = std::move(labels);
    (counter ? metric.counter.value : metric.gauge.value) = value;
  }

  template <typename Source>
  void AddAll(std::span<const MetricStat<Source>> stats, const Source& source,
              const Labels& labels) {
    for (const MetricStat<Source>& stat : stats) {
      Add(stat.name, stat.type, stat.help, labels, stat.read(source));
    }
  }

  std::vector<MetricFamily> Take() {
    std::vector<MetricFamily> all;
    for (auto& [name, family] : families_) all.push_back(std::move(family));
    return all;
  }

 private:
  std::map<std::string, MetricFamily> families_;
};

void AddCounter(const EndpointStat& stat, const EndpointStatus& status,
                const Labels& labels, Families& families) {
  if (const auto* plain = std::get_if<PlainStat>(&stat.value)) {
    return families.Add(stat.name, stat.type, stat.help, labels,
                        static_cast<double>(plain->read(status)));
  }
  const auto counts = std::get<StatByReason>(stat.value).read(status);
  for (const auto& [reason, count] : counts) {
    Labels with_reason = labels;
    with_reason.push_back({"reason", reason});
    families.Add(stat.name, stat.type, stat.help, std::move(with_reason),
                 static_cast<double>(count));
  }
}

void AddState(const EndpointStatus& status, Families& families) {
  constexpr std::string_view kStatePrefix = "ENDPOINT_STATE_";
  const auto& states = *v1::EndpointState_descriptor();
  for (int i = 1; i < states.value_count(); ++i) {  // 0 is unspecified
    families.Add(
        "endpoint_state", StatType::kGauge,
        "1 for the state that the endpoint is in.",
        {{"endpoint", status.name},
         {"state", states.value(i)->name().substr(kStatePrefix.size())}},
        ToApi(status.state) == states.value(i)->number() ? 1 : 0);
  }
}

void AddEndpoint(const EndpointStatus& status, Families& families) {
  const Labels labels = {{"endpoint", status.name}};
  AddState(status, families);
  families.AddAll(EndpointMetricRows(), status, labels);
  for (const EndpointStat& stat : EndpointStatRows()) {
    AddCounter(stat, status, labels, families);
  }
}

void AddCertificate(const CertificateExpiry& certificate, Families& families) {
  families.Add(
      "certificate_not_after_seconds", StatType::kGauge,
      "When the certificate of a listener expires, or one of its "
      "issuers' before it: Unix time.",
      {{"listener", certificate.listener}},
      absl::ToDoubleSeconds(certificate.not_after - absl::UnixEpoch()));
}

}  // namespace

std::vector<MetricFamily> GatewayMetrics::Collect() const {
  Families families;
  for (const EndpointHandle& endpoint : gateway_.Endpoints()) {
    AddEndpoint(gateway_.directory().StatusOf(*endpoint), families);
  }
  for (const RelayLaneStats& lane : gateway_.relays().Stats()) {
    families.AddAll(RelayMetricRows(), lane,
                    {{"endpoint", lane.from}, {"to_endpoint", lane.to}});
  }
  families.AddAll<Gateway>(GatewayMetricRows(), gateway_, {});
  families.AddAll<ConnectionStats>(ConnectionMetricRows(), connections_, {});
  if (certificates_ == nullptr) return families.Take();
  for (const CertificateExpiry& certificate : certificates_()) {
    AddCertificate(certificate, families);
  }
  return families.Take();
}

}  // namespace thespian::gateway
