#include "server/observe/stats.h"

#include <array>
#include <chrono>

#include "server/codec/api_values.h"

namespace thespian::gateway {
namespace {

using Api = v1::EndpointCounters;
using Status = EndpointStatus;
using enum StatType;

StatByReason::Counts DroppedByReason(const Status& status) {
  const FrameStats& messages = status.outbound.messages;
  StatByReason::Counts counts;
  if (const uint64_t lost = messages.dropped - messages.withdrawn; lost > 0) {
    counts["child_ended"] = lost;
  }
  if (messages.withdrawn > 0) counts["withdrawn"] = messages.withdrawn;
  return counts;
}

constexpr std::array kEndpointStats = {
    EndpointStat{
        "accepted", kCounter,
        "Messages of clients that were valid and meant for a running child.",
        PlainStat{[](const Status& s) {
                    return s.outbound.messages.taken + s.refused;
                  },
                  &Api::set_accepted}},
    EndpointStat{
        "written", kCounter,
        "Accepted messages that the child's pipe has taken whole.",
        PlainStat{[](const Status& s) { return s.outbound.messages.written; },
                  &Api::set_written}},
    EndpointStat{"dropped", kCounter,
                 "Accepted messages that were never handed over, by reason.",
                 StatByReason{DroppedByReason, &Api::mutable_dropped}},
    EndpointStat{
        "waiting", kGauge, "Accepted messages that wait for the child to read.",
        PlainStat{[](const Status& s) { return s.outbound.messages.waiting; },
                  &Api::set_waiting}},
    EndpointStat{"refused", kCounter,
                 "Accepted messages that were refused with QUEUE_FULL.",
                 PlainStat{[](const Status& s) { return s.refused; },
                           &Api::set_refused}},
    EndpointStat{
        "received", kCounter,
        "Messages, and frames that were not understood, from the child.",
        PlainStat{[](const Status& s) {
                    return s.inbound.received + s.inbound.skipped;
                  },
                  &Api::set_received}},
    EndpointStat{"delivered", kCounter,
                 "Received messages put into a local actor's mailbox.",
                 PlainStat{[](const Status& s) { return s.inbound.delivered; },
                           &Api::set_delivered}},
    EndpointStat{
        "undeliverable", kCounter,
        "Received messages without anyone to take them, by reason.",
        StatByReason{[](const Status& s) { return s.inbound.undeliverable; },
                     &Api::mutable_undeliverable}},
    EndpointStat{"skipped", kCounter,
                 "Received frames that were not understood.",
                 PlainStat{[](const Status& s) { return s.inbound.skipped; },
                           &Api::set_skipped}},
    EndpointStat{"frames_received", kCounter,
                 "Frames of every kind from the child.",
                 PlainStat{[](const Status& s) { return s.inbound.frames; },
                           &Api::set_frames_received}},
    EndpointStat{"bytes_received", kCounter, "Bytes from the child.",
                 PlainStat{[](const Status& s) { return s.inbound.bytes; },
                           &Api::set_bytes_received}},
    EndpointStat{"bytes_written", kCounter,
                 "Bytes that the child's pipe has taken.",
                 PlainStat{[](const Status& s) { return s.outbound.bytes; },
                           &Api::set_bytes_written}},
    EndpointStat{
        "proxies_created", kCounter,
        "Remote actors that spoke for the first time.",
        PlainStat{[](const Status& s) { return s.inbound.proxies_created; },
                  &Api::set_proxies_created}},
    EndpointStat{
        "proxies_closed", kCounter,
        "Remote actors that ended or were released.",
        PlainStat{[](const Status& s) { return s.inbound.proxies_closed; },
                  &Api::set_proxies_closed}},
    EndpointStat{"proxies_live", kGauge, "Remote actors that live.",
                 PlainStat{[](const Status& s) {
                             return s.inbound.proxies_created -
                                    s.inbound.proxies_closed;
                           },
                           &Api::set_proxies_live}},
    EndpointStat{"queued_bytes", kGauge,
                 "Bytes that wait for the child to read.",
                 PlainStat{[](const Status& s) { return s.queued_bytes; },
                           &Api::set_queued_bytes}},
    EndpointStat{
        "control_written", kCounter,
        "Frames for links and exits that the child's pipe has taken whole.",
        PlainStat{[](const Status& s) { return s.outbound.controls.written; },
                  &Api::set_control_written}},
    EndpointStat{
        "control_dropped", kCounter,
        "Frames for links and exits lost with the child or for want of room.",
        PlainStat{[](const Status& s) { return s.outbound.controls.dropped; },
                  &Api::set_control_dropped}},
    EndpointStat{"unread", kCounter,
                 "Delivered messages that waited in a mailbox when its client "
                 "was cut off or went away, by the reason for that.",
                 StatByReason{[](const Status& s) { return s.unread; },
                              &Api::mutable_unread}},
    EndpointStat{"skipped_by_reason", kCounter,
                 "Received frames that were not understood, by reason.",
                 StatByReason{[](const Status& s) {
                                return s.inbound.skipped_by_reason;
                              },
                              &Api::mutable_skipped_by_reason}},
    EndpointStat{
        "misplaced_tags", kCounter,
        "Received messages in which an id has the other id's tag.",
        PlainStat{[](const Status& s) { return s.inbound.misplaced_tags; },
                  &Api::set_misplaced_tags}},
};

uint64_t Restarts(const Status& status) {
  // In IDLE the present one has not been started.
  const uint64_t unstarted = status.state == EndpointState::kIdle ? 2 : 1;
  const uint64_t runs = status.incarnation.value;
  return runs > unstarted ? runs - unstarted : 0;
}

constexpr std::array kEndpointMetrics = {
    MetricStat<Status>{"endpoint_incarnation", kGauge,
                       "The current run of the child.",
                       [](const Status& s) {
                         return static_cast<double>(s.incarnation.value);
                       }},
    MetricStat<Status>{
        "endpoint_restarts", kCounter, "Starts of the child after the first.",
        [](const Status& s) { return static_cast<double>(Restarts(s)); }},
    MetricStat<Status>{
        "endpoint_uptime_seconds", kGauge,
        "Since the current run of the child was started.",
        [](const Status& s) {
          constexpr std::chrono::nanoseconds kNone{0};
          return static_cast<double>(
              std::chrono::floor<std::chrono::seconds>(s.uptime.value_or(kNone))
                  .count());
        }},
};

template <uint64_t RelayLaneStats::*field>
double ReadLane(const RelayLaneStats& lane) {
  return static_cast<double>(lane.*field);
}

// in = out + refused + dropped + waiting.
constexpr std::array kRelayStats = {
    MetricStat<RelayLaneStats>{
        "relayed_in", kCounter,
        "Messages of this endpoint's actors to those of another.",
        ReadLane<&RelayLaneStats::in>},
    MetricStat<RelayLaneStats>{
        "relayed_out", kCounter,
        "Relayed messages that the other endpoint's queue has accepted.",
        ReadLane<&RelayLaneStats::out>},
    MetricStat<RelayLaneStats>{
        "relayed_refused", kCounter,
        "Relayed messages that the other endpoint has refused.",
        ReadLane<&RelayLaneStats::refused>},
    MetricStat<RelayLaneStats>{
        "relayed_dropped", kCounter,
        "Relayed messages lost with an actor or an endpoint that ended.",
        ReadLane<&RelayLaneStats::dropped>},
    MetricStat<RelayLaneStats>{
        "relayed_waiting", kGauge,
        "Relayed messages that wait for room in the other endpoint's queue.",
        ReadLane<&RelayLaneStats::waiting>},
};

constexpr std::array kGatewayStats = {
    MetricStat<Gateway>{"local_actors", kGauge, "Attached clients and calls.",
                        [](const Gateway& g) {
                          return static_cast<double>(g.locals().size());
                        }},
    MetricStat<Gateway>{"events", kCounter, "Events of the gateway so far.",
                        [](const Gateway& g) {
                          return static_cast<double>(
                              g.journal().last_sequence() + 1 -
                              g.options().journal.first_sequence);
                        }},
};

template <std::atomic<uint64_t> ConnectionStats::*field>
double ReadConnections(const ConnectionStats& stats) {
  return static_cast<double>((stats.*field).load());
}

constexpr std::array kConnectionStats = {
    MetricStat<ConnectionStats>{
        "connections_open", kGauge,
        "Connections of clients, counted once a second.",
        ReadConnections<&ConnectionStats::open>},
    MetricStat<ConnectionStats>{"connections_accepted", kCounter,
                                "Connections that were served.",
                                ReadConnections<&ConnectionStats::accepted>},
    MetricStat<ConnectionStats>{
        "connections_refused", kCounter,
        "Connections closed at once: max-connections was reached.",
        ReadConnections<&ConnectionStats::refused_total>},
    MetricStat<ConnectionStats>{
        "connections_refused_of_address", kCounter,
        "Connections closed at once: max-connections-per-address was reached.",
        ReadConnections<&ConnectionStats::refused_address>},
    MetricStat<ConnectionStats>{
        "connections_refused_of_user", kCounter,
        "Connections of Unix sockets closed at once: 32 other users have had "
        "some.",
        ReadConnections<&ConnectionStats::refused_user>},
    MetricStat<ConnectionStats>{
        "connections_refused_exhausted", kCounter,
        "Times that there was no descriptor or memory for a connection.",
        ReadConnections<&ConnectionStats::refused_descriptors>},
};

struct FieldSetter {
  const Status& status;
  Api& api;

  void operator()(const PlainStat& stat) const {
    (api.*stat.set)(stat.read(status));
  }
  void operator()(const StatByReason& stat) const {
    auto& field = *(api.*stat.field)();
    for (const auto& [reason, count] : stat.read(status)) field[reason] = count;
  }
};

void SetLimits(const Endpoint& endpoint, v1::EndpointLimits& api) {
  api.set_max_frame_bytes(endpoint.facts().options.max_frame_bytes);
  api.set_max_outgoing_frame_bytes(endpoint.facts().max_outgoing_frame_bytes);
  const DialectRow& dialect = endpoint.facts().dialect;
  api.set_dialect(std::string(dialect.name));
  if (dialect.max_payload_bytes != kNoDialectLimit) {
    api.set_max_payload_bytes(dialect.max_payload_bytes);
  }
  for (const std::string& name : endpoint.facts().options.names)
    api.add_names(name);
  api.set_queue_bytes(endpoint.facts().queue_limits.high_bytes);
}

void ToApi(const RelayLaneStats& lane, v1::RelayLane& api) {
  api.set_to_endpoint(lane.to);
  api.set_messages_in(lane.in);
  api.set_messages_out(lane.out);
  for (const auto& [reason, count] : lane.refused_by_reason) {
    (*api.mutable_refused())[reason] = count;
  }
  api.set_dropped(lane.dropped);
  api.set_waiting(lane.waiting);
}

void SetUptime(std::chrono::nanoseconds uptime,
               google::protobuf::Duration& api) {
  constexpr int64_t kNanosInASecond = 1'000'000'000;
  api.set_seconds(uptime.count() / kNanosInASecond);
  api.set_nanos(static_cast<int32_t>(uptime.count() % kNanosInASecond));
}

}  // namespace

std::span<const EndpointStat> EndpointStatRows() { return kEndpointStats; }

std::span<const MetricStat<EndpointStatus>> EndpointMetricRows() {
  return kEndpointMetrics;
}

std::span<const MetricStat<RelayLaneStats>> RelayMetricRows() {
  return kRelayStats;
}

std::span<const MetricStat<Gateway>> GatewayMetricRows() {
  return kGatewayStats;
}

std::span<const MetricStat<ConnectionStats>> ConnectionMetricRows() {
  return kConnectionStats;
}

void ToApi(const Gateway& gateway, const Endpoint& endpoint,
           v1::Endpoint& api) {
  const EndpointStatus status = gateway.directory().StatusOf(endpoint);
  api.set_name(status.name);
  api.set_state(ToApi(status.state));
  api.set_state_reason(status.reason);
  api.set_pid(status.pid);
  api.set_incarnation(status.incarnation.value);
  if (status.uptime.has_value()) {
    SetUptime(*status.uptime, *api.mutable_uptime());
  }
  api.set_restarts(Restarts(status));
  if (status.last_exit != nullptr) {
    ToApi(*status.last_exit, *api.mutable_last_exit());
  }
  SetLimits(endpoint, *api.mutable_limits());
  const FieldSetter set{.status = status, .api = *api.mutable_counters()};
  for (const EndpointStat& stat : EndpointStatRows())
    std::visit(set, stat.value);
  for (const std::string& word : endpoint.facts().options.command.arguments) {
    api.add_command(word);
  }
  api.set_pool(std::string(PoolOf(status.name)));
  api.set_connect(endpoint.facts().options.connect);
  for (const EndpointHandle& before :
       gateway.directory().Draining(status.name)) {
    api.add_draining_incarnations(before->Status().incarnation.value);
  }
  for (const RelayLaneStats& lane : gateway.relays().StatsFrom(status.name)) {
    ToApi(lane, *api.add_relays());
  }
}

}  // namespace thespian::gateway
